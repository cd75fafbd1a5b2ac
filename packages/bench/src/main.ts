// `npm run bench`: each row a ratio or an absolute beside its limit, the median of five interleaved rounds.
// `npm run bench -- decide http` runs the rows of these words; `--entries N` and `--sessions N` make the long log and
// the start smaller or larger. `sessions` and `live` run where they are named.
import { parseArgs } from "node:util";
import { cedarRow } from "./cedar.ts";
import { compileRow } from "./compile.ts";
import { decideRiskRow, decideRow, growthRow } from "./decide.ts";
import { entriesRow, sharedEntriesRow } from "./entries.ts";
import { evaluationsRow } from "./evaluations.ts";
import { honourRow } from "./honour.ts";
import { httpRows } from "./http.ts";
import { identityRows } from "./identity/rows.ts";
import { proofRows } from "./proof.ts";
import { memoryRow, scoreRow } from "./risk.ts";
import { median, type Round, type Row } from "./row.ts";
import { liveSessionsRow } from "./sessions/live.ts";
import { sessionRows } from "./sessions/rows.ts";
import { sharedHonourRow } from "./shared-honour.ts";
import { revocationRow } from "./shared-revocation.ts";
import { signalRows } from "./signal.ts";
import { simulateRow } from "./simulate.ts";
import { startRow } from "./start.ts";

const ROUNDS = 5;
const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: {
    entries: { type: "string", default: "10000000" },
    sessions: { type: "string", default: "1000000" },
  },
});

const makers: readonly {
  readonly word: string;
  readonly make: () => Promise<readonly Row[]> | readonly Row[];
}[] = [
  { word: "decide", make: () => (wanted.length > 0 ? [decideRow(), decideRiskRow()] : [decideRow()]) },
  { word: "cedar", make: () => [cedarRow()] },
  { word: "growth", make: () => [growthRow()] },
  {
    word: "risk",
    make: async () => [
      scoreRow(),
      decideRiskRow(),
      memoryRow(),
      ...(wanted.includes("risk") ? await signalRows() : []),
    ],
  },
  { word: "http", make: httpRows },
  { word: "identity", make: identityRows },
  { word: "sessions", make: async () => (wanted.length > 0 ? await sessionRows() : []) },
  {
    word: "live",
    make: async () => (wanted.length > 0 ? [await liveSessionsRow(countOf(values.sessions))] : []),
  },
  { word: "evaluations", make: async () => [await evaluationsRow()] },
  { word: "honour", make: async () => [await honourRow()] },
  { word: "entries", make: async () => [await entriesRow()] },
  {
    word: "postgres",
    make: async () => [await sharedEntriesRow(), await sharedHonourRow(), await revocationRow()],
  },
  { word: "compile", make: async () => [await compileRow()] },
  { word: "simulate", make: async () => [await simulateRow()] },
  { word: "start", make: async () => [await startRow(countOf(values.sessions))] },
  { word: "proof", make: () => proofRows(countOf(values.entries)) },
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
try {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const row of rows) {
      if (round > (row.rounds ?? ROUNDS) || row.notMeasured !== undefined) continue;
      console.error(`round ${round} of ${row.rounds ?? ROUNDS}: ${row.name}`);
      rounds.get(row)?.push(await row.round());
    }
  }
} catch (error) {
  // What the rows started, a database among it, would go on without them.
  for (const row of rows) await row.close?.();
  throw error;
}

let missed = 0;
let unmeasured = 0;
for (const row of rows) {
  if (row.notMeasured !== undefined) {
    unmeasured += 1;
    console.log(`not measured  ${row.name}`);
    console.log(`        target: ${row.target}`);
    console.log(`        ${row.notMeasured}`);
    await row.close?.();
    continue;
  }
  const of = rounds.get(row) ?? [];
  const medians = Object.fromEntries(
    Object.keys(of[0] ?? {}).map((name) => {
      const measured = of.map((one) => one[name] ?? Number.NaN);
      return [name, row.worst?.includes(name) === true ? Math.max(...measured) : median(measured)];
    }),
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
const measured = rows.length - unmeasured;
console.log(
  `${measured - missed} of ${measured} targets met${unmeasured === 0 ? "" : `; ${unmeasured} not measured`}`,
);

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  console.error(`expected a whole number above 0, got \`${text}\``);
  process.exit(2);
}

function written(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(2);
}
