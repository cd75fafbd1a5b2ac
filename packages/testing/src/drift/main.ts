import { parseArgs } from "node:util";
import { findPostgres } from "../postgres/binaries.ts";
import { DRIFT_CASES, driftCampaign } from "./campaign.ts";
import { type DriftRun, TOLERANCE_MS } from "./run.ts";

const USAGE = "npm run drift -- [--seed N] [--only 'hour back'] [--at-once 7]";

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      "at-once": { type: "string", default: "7" },
    },
  });
  const [seed, atOnce] = [Number(values.seed), Number(values["at-once"])];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(atOnce) || atOnce < 1) {
    console.error(`expected numbers: ${USAGE}`);
    return 2;
  }
  const cases = DRIFT_CASES.filter(({ name }) => name.includes(values.only));
  if (cases.length === 0) {
    console.error(`nothing is called \`${values.only}\`; expected a part of one of these:`);
    for (const { name } of DRIFT_CASES) console.error(`  ${name}`);
    return 2;
  }
  if (cases.some(({ store }) => store === "postgres") && findPostgres() === null) {
    console.error("PostgreSQL is not installed, and a node whose database keeps the time needs it");
    return 1;
  }
  console.log(`clocks moved, seed ${seed}; judged by this process's own, ${TOLERANCE_MS} ms tolerated\n`);
  const began = performance.now();
  const runs = await driftCampaign({ cases, seed, atOnce, onRun: print });
  const violations = runs.reduce((sum, run) => sum + run.violations.length, 0);
  const latest = Math.max(...runs.flatMap((run) => Object.values(run.latest)));
  console.log(
    `\n${runs.length} nodes, ${runs.reduce((sum, { asked }) => sum + asked, 0)} answers in ${Math.round((performance.now() - began) / 1_000)} s; the latest acceptance was ${told(latest)}`,
  );
  console.log(violations === 0 ? "nothing ended late, and nothing came back" : `${violations} violations`);
  return violations === 0 ? 0 : 1;
}

function print(name: string, { asked, accepted, latest, early, violations }: DriftRun): void {
  console.log(`${name}\n  ${accepted} of ${asked} answers let in; ${early} after a no that came too early`);
  console.log(
    `  ${Object.entries(latest)
      .map(([of, by]) => `${of} ${told(by)}`)
      .join(", ")}`,
  );
  for (const violation of violations) console.log(`  VIOLATION  ${violation}`);
}

function told(by: number): string {
  return `${Math.abs(by)} ms ${by <= 0 ? "before" : "after"} its end`;
}
