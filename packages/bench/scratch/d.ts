import { decide } from "@postern/core";
import { populate } from "../src/population.ts";

const p = populate({
  rules: Number(process.argv[2] ?? 1000),
  optOuts: 100000,
  sessions: 100000,
  questions: 65536,
});
for (let r = 0; r < 4; r++) {
  const t0 = process.cpuUsage().user;
  let n = 0;
  for (let k = 0; k < 4; k++)
    for (const q of p.questions) {
      n += decide(q.request, q.facts, p.policy, p.now).unmet.length;
    }
  const dt = process.cpuUsage().user - t0;
  console.log(`${(dt / 4 / 65536).toFixed(2)} cpu-us each`, n);
}
