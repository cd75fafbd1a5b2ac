import { parseArgs } from "node:util";
import { type RaceRow, type RacesReport, racesCampaign, verdictOf } from "./campaign.ts";
import { RACES } from "./contestant.ts";

const USAGE = "npm run races -- [--seed N] [--rounds 200] [--only 'late cache']";

process.exitCode = await main();
process.exit();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      rounds: { type: "string", default: "200" },
      only: { type: "string", default: "" },
    },
  });
  const [seed, rounds] = [Number(values.seed), Number(values.rounds)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(rounds) || rounds < 1) {
    console.error(`expected numbers: ${USAGE}`);
    return 2;
  }
  const wanted = RACES.filter((race) => race.includes(values.only));
  if (wanted.length === 0) {
    console.error(`no race is called \`${values.only}\`; expected a part of one of these:`);
    for (const race of RACES) console.error(`  ${race}`);
    return 2;
  }
  console.log(`sessions raced, seed ${seed}, ${rounds} interleavings each\n`);
  const only = new RegExp(`^(?:${wanted.join("|")})$`);
  const report = await racesCampaign({ seed, rounds, only, onRow: print });
  sideBySide(report);
  const wrong = verdictOf(report);
  for (const what of wrong) console.log(`FAILED  ${what}`);
  if (wrong.length === 0)
    console.log("nothing was let in that started after the acknowledgement, or after the end");
  return wrong.length === 0 ? 0 : 1;
}

function print({ race, of, rounds, underWay, after, failed, by, seconds }: RaceRow): void {
  console.log(`${race}: ${of} (${seconds.toFixed(0)} s)`);
  console.log(
    `  ${rounds} rounds, ${underWay} requests under way at the moment, ${after} started after it; ${failed} rounds failed`,
  );
  for (const [what, count] of by) console.log(`    ${count} times: ${what}`);
}

function sideBySide({ ours, peers, held }: RacesReport): void {
  console.log(`\nheld up: ${[...held].map(([point, count]) => `${point} ${count}`).join(", ")}\n`);
  const cell = (row: RaceRow | undefined): string =>
    row === undefined ? "-" : `${row.failed} of ${row.rounds}`;
  const names = [...new Set(peers.map(({ of }) => of))];
  const rows = [
    ["rounds that failed", "Postern", ...names],
    ...ours.map((row) => [
      row.race,
      cell(row),
      ...names.map((name) => cell(peers.find(({ race, of }) => race === row.race && of === name))),
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length))) ?? [];
  for (const row of rows) console.log(row.map((text, at) => text.padEnd(widths[at] ?? 0)).join("  "));
  console.log();
}
