import { parseArgs } from "node:util";
import { findPostgres } from "../postgres/binaries.ts";
import { type CampaignReport, crashCampaign, roundLine } from "./campaign.ts";

const USAGE = "npm run crash -- [--rounds N] [--seed N] [--store sqlite|postgres|both]";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      store: { type: "string", default: "both" },
    },
  });
  const rounds = Number(values.rounds);
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
    console.error(`expected whole numbers: ${USAGE}`);
    return 2;
  }
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
  let sound = true;
  for (const store of stores) {
    console.log(`${store}: ${rounds} rounds, seed ${seed}`);
    const report = await crashCampaign({
      store,
      rounds,
      seed,
      onRound: (round) => console.log(roundLine(round)),
    });
    if (!summary(store, report)) sound = false;
  }
  console.log(
    sound ? "everything acknowledged is there, and every ledger verifies" : "something did not hold",
  );
  return sound ? 0 : 1;
}

function summary(store: string, report: CampaignReport): boolean {
  const { rounds, points, databaseKills, faults, directory } = report;
  const total = rounds.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  const held = rounds.filter((round) => round.faults.length === 0).length;
  const missed = [...points].filter(([, times]) => times === 0).map(([point]) => point);
  console.log(`\n${store}: ${held} of ${rounds.length} rounds held`);
  console.log(
    `  ${total} acknowledged writes, at least ${Math.min(...rounds.map((one) => one.acknowledged))} a round`,
  );
  console.log(`  ${rounds.at(-1)?.size ?? 0} entries in the one ledger of all rounds`);
  for (const [point, times] of points) console.log(`  died at ${point.padEnd(14)} ${times}`);
  if (store === "postgres") console.log(`  PostgreSQL killed ${databaseKills} times`);
  if (missed.length > 0) console.log(`  never reached: ${missed.join(", ")}; run more rounds`);
  for (const fault of faults) console.log(`  at the end: ${fault}`);
  if (directory !== null) console.log(`  the database is kept in ${directory}`);
  console.log("");
  const killedIt = store !== "postgres" || databaseKills > 0;
  return held === rounds.length && missed.length === 0 && faults.length === 0 && killedIt;
}
