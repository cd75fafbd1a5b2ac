import { parseArgs } from "node:util";
import { findPostgres } from "../postgres/binaries.ts";
import { tamperCampaign } from "./campaign.ts";
import type { TrialReport } from "./trial.ts";

const USAGE = "npm run tamper -- [--store sqlite|postgres|both]";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { store: { type: "string", default: "both" } } });
  if (!["sqlite", "postgres", "both"].includes(values.store)) {
    console.error(`expected sqlite, postgres or both, got \`${values.store}\`: ${USAGE}`);
    return 2;
  }
  const stores = (["sqlite", "postgres"] as const).filter(
    (store) => values.store === "both" || values.store === store,
  );
  if (stores.includes("postgres") && findPostgres() === null) {
    console.error("PostgreSQL is not installed: install it, or run with --store sqlite");
    return 1;
  }
  let missed = 0;
  let tried = 0;
  for (const store of stores) {
    console.log(`${store}\n`);
    const reports = await tamperCampaign({ store, onTrial: (report) => console.log(lines(report)) });
    // The first is the honest twin.
    tried += reports.length - 1;
    missed += reports.filter((report) => report.missed.length > 0).length;
  }
  console.log(
    missed === 0
      ? `${tried} attacks tried: each was named, none was honoured, and the untouched copies verify`
      : `${missed} of ${tried} attacks were missed in some way`,
  );
  return missed === 0 ? 0 : 1;
}

function lines({ attack, said, exported, doubt, honoured, missed }: TrialReport): string {
  const out = [attack, `  verifier   ${said[0] ?? "everything is as it was recorded"}`];
  if (said.length > 1) out.push(`             and ${said.length - 1} more`);
  if (exported !== null) out.push(`  export     ${exported}`);
  out.push(`  node       ${doubt ?? "in no doubt"}`);
  out.push(`  honoured   ${honoured.join(", ") || "nothing"}`);
  for (const one of missed) out.push(`  MISSED     ${one}`);
  return `${out.join("\n")}\n`;
}
