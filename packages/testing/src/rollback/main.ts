// `npm run rollback`: a real node is asked 5,000 questions a second while policy is switched and rolled back by the
// command line. Fails on any answer that is not wholly of one revision, and on any question without an answer.
import { parseArgs } from "node:util";
import { rollbackCampaign } from "./campaign.ts";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "5000" },
    switches: { type: "string", default: "8" },
    pause: { type: "string", default: "1000" },
  },
});
const [rate, switches, pause] = [values.rate, values.switches, values.pause].map(Number);
if (
  rate === undefined ||
  switches === undefined ||
  pause === undefined ||
  !(rate > 0 && switches > 0 && pause >= 0)
) {
  console.error("expected numbers: npm run rollback -- [--rate 5000] [--switches 8] [--pause 1000]");
  process.exit(2);
}
console.log(`one node, ${rate} decisions a second, ${switches} switches\n`);
const report = await rollbackCampaign({
  rate,
  switches,
  pause,
  onSwitch: (words, took) =>
    console.log(`  postern ${words.replace(/pol_\S+/, "…")}  ${Math.round(took)} ms`),
});
const { asked, answered, byFirst, bySecond, mixed, failed, seconds, wrong, examples } = report;
console.log(
  `\n${asked} asked and ${answered} answered in ${seconds.toFixed(1)} s: ${Math.round(answered / seconds)} a second`,
);
console.log(`${byFirst} wholly by the first revision, ${bySecond} wholly by the second`);
console.log(`${mixed} mixed, ${failed} failed`);
for (const example of [...wrong, ...examples]) console.log(`WRONG  ${example}`);
const sound = mixed === 0 && failed === 0 && wrong.length === 0 && byFirst > 0 && bySecond > 0;
console.log(sound ? "every answer was wholly of one revision" : "not every answer was sound");
process.exitCode = sound ? 0 : 1;
