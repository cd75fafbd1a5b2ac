// `npm run bench`: each row a ratio or an absolute beside its limit, the median of five interleaved rounds.
// `npm run bench -- decide http` runs the rows whose names hold one of the words.
import { cedarRow } from "./cedar.ts";
import { decideRow, growthRow } from "./decide.ts";
import { entriesRow } from "./entries.ts";
import { honourRow } from "./honour.ts";
import { httpRows } from "./http.ts";
import { median, type Round, type Row } from "./row.ts";
import { sharedEntriesRow, sharedHonourRow } from "./shared.ts";
import { revocationRow } from "./shared-revocation.ts";
import { startRow } from "./start.ts";

const ROUNDS = 5;
const wanted = process.argv.slice(2);

const makers: readonly {
  readonly word: string;
  readonly make: () => Promise<readonly Row[]> | readonly Row[];
}[] = [
  { word: "decide", make: () => [decideRow()] },
  { word: "cedar", make: () => [cedarRow()] },
  { word: "growth", make: () => [growthRow()] },
  { word: "http", make: httpRows },
  { word: "honour", make: async () => [await honourRow()] },
  { word: "entries", make: async () => [await entriesRow()] },
  {
    word: "postgres",
    make: async () => [await sharedEntriesRow(), await sharedHonourRow(), await revocationRow()],
  },
  { word: "start", make: async () => [await startRow()] },
];

const unknown = wanted.find((word) => !makers.some((maker) => maker.word === word));
if (unknown !== undefined) {
  console.error(
    `there is no benchmark \`${unknown}\`; there are: ${makers.map(({ word }) => word).join(", ")}`,
  );
  process.exit(2);
}

const rows: Row[] = [];
for (const { word, make } of makers) {
  if (wanted.length > 0 && !wanted.includes(word)) continue;
  console.error(`preparing ${word}`);
  rows.push(...(await make()));
}

const rounds = new Map<Row, Round[]>(rows.map((row) => [row, []]));
for (let round = 1; round <= ROUNDS; round++) {
  for (const row of rows) {
    console.error(`round ${round} of ${ROUNDS}: ${row.name}`);
    rounds.get(row)?.push(await row.round());
  }
}

let missed = 0;
for (const row of rows) {
  const measured = rounds.get(row) ?? [];
  const medians = Object.fromEntries(
    Object.keys(measured[0] ?? {}).map((name) => [
      name,
      median(measured.map((one) => one[name] ?? Number.NaN)),
    ]),
  );
  const met = row.met(medians);
  if (!met) missed += 1;
  console.log(`${met ? "met   " : "missed"}  ${row.name}`);
  console.log(`        target: ${row.target}`);
  console.log(
    `        ${Object.entries(medians)
      .map(([name, value]) => `${name} ${written(value)}`)
      .join(" · ")}`,
  );
  await row.close?.();
}
console.log(`${rows.length - missed} of ${rows.length} targets met`);

function written(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
