import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { SHIPPED } from "./numbers.ts";
import { pageOf, summaryOf, tablesOf } from "./page.ts";
import { presetReport } from "./report.ts";

const { values } = parseArgs({ options: { write: { type: "boolean", default: false } } });

const report = presetReport(SHIPPED);
const { rules, conflicts } = tablesOf(report, { wide: true });
console.log([...rules, "", ...conflicts, ""].join("\n"));
for (const line of report.wrong) console.log(line);
console.log(summaryOf(report));

const holds = report.wrong.length === 0;
if (values.write && holds)
  writeFileSync(new URL("../../../../docs/presets.md", import.meta.url), pageOf(report));
process.exit(holds ? 0 : 1);
