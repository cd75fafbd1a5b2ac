// `npm run eval:risk`: how many attacks the statistical model asks for more, against how often it asks people.
import { access, constants, stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { generate } from "./generate.ts";
import { importRows } from "./import.ts";
import { type Curve, LAST, measure } from "./measure.ts";
import { type AttackerName, PUBLISHED } from "./published.ts";

const USAGE = "npm run eval:risk -- [--seed N] [--people N] [--file rba-dataset.csv]";

/** Of fewer, a curve is chance. */
const LEAST_PEOPLE = 200;

process.exitCode = await main();

function asked(): { readonly seed: string; readonly people: string; readonly file?: string } | null {
  try {
    return parseArgs({
      options: {
        seed: { type: "string", default: "1" },
        people: { type: "string", default: "4000" },
        file: { type: "string" },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : "not understood"}: ${USAGE}`);
    return null;
  }
}

async function main(): Promise<number> {
  const values = asked();
  if (values === null) return 2;
  const [seed, people] = [Number(values.seed), Number(values.people)];
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(people) || people < 1) {
    console.error(`expected whole numbers: ${USAGE}`);
    return 2;
  }
  if (values.file !== undefined && !(await isFile(values.file))) {
    console.error(`\`${values.file}\` cannot be read: ${USAGE}`);
    return 2;
  }
  const { rows, unreadable } =
    values.file === undefined
      ? { rows: generate({ people, signIns: LAST, seed }), unreadable: 0 }
      : await importRows(values.file, { people, signIns: LAST });
  console.log(
    values.file === undefined
      ? `seed ${seed}: ${people} generated people, ${rows.length} sign-ins and attempts`
      : `${values.file}: ${rows.length} sign-ins and attempts kept, ${unreadable} rows unreadable`,
  );
  const seen = new Set(rows.map(({ user }) => user)).size;
  if (seen < LEAST_PEOPLE) {
    console.error(
      `expected at least ${LEAST_PEOPLE} people, got ${seen}: of so few nothing can be said of the shape`,
    );
    return 2;
  }
  const curves = measure(rows, seed);
  console.log(table(curves));
  const broken = brokenShape(curves);
  for (const one of broken) console.error(`broken: ${one}`);
  if (broken.length === 0)
    console.log("the shape holds: attackers in order, and fewer re-authentications as histories grow");
  return broken.length === 0 ? 0 : 1;
}

async function isFile(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function table(curves: readonly Curve[]): string {
  const lines = [
    "",
    "median rate of re-authentications after 12 and after 39 sign-ins (and how many of 39); score: from where on it asks",
    `${"attacker".padEnd(15)}${"true positives".padEnd(16)}${"score".padEnd(7)}${"here".padEnd(22)}${"published".padEnd(26)}distance at 12, at 39`,
  ];
  for (const { attacker, rate, score, at12, at39 } of curves) {
    const known =
      attacker === "very targeted" ? undefined : PUBLISHED[attacker].find((one) => one.rate === rate);
    const here = `${two(at12)} to ${two(at39)} (${Math.round(at39 * LAST)})`;
    const there =
      known === undefined
        ? "nearly every sign-in"
        : `${two(known.at12)} to ${two(known.at39)} (${known.of39})`;
    const apart = known === undefined ? "" : `${signed(at12 - known.at12)}, ${signed(at39 - known.at39)}`;
    lines.push(
      `${attacker.padEnd(15)}${String(rate).padEnd(16)}${String(score).padEnd(7)}${here.padEnd(22)}${there.padEnd(26)}${apart}`,
    );
  }
  const apart = curves.flatMap(({ attacker, rate, at12, at39 }) => {
    const known =
      attacker === "very targeted" ? undefined : PUBLISHED[attacker].find((one) => one.rate === rate);
    return known === undefined ? [] : [Math.abs(at12 - known.at12), Math.abs(at39 - known.at39)];
  });
  const mean = apart.reduce((sum, one) => sum + one, 0) / Math.max(1, apart.length);
  lines.push(
    "",
    `distance to the published curves: ${two(mean)} on average, ${two(Math.max(...apart))} at most`,
  );
  return lines.join("\n");
}

/** What must hold whatever the people: better informed attackers cost people more, and a longer history less. */
function brokenShape(curves: readonly Curve[]): readonly string[] {
  const order: readonly AttackerName[] = ["naive", "VPN", "targeted", "very targeted"];
  const broken: string[] = [];
  for (const { attacker, rate, at12, at39 } of curves) {
    if (attacker !== "very targeted" && at39 > at12) broken.push(`${attacker} at ${rate} rises with history`);
    const better = order[order.indexOf(attacker) + 1];
    const other = curves.find((one) => one.attacker === better && one.rate === rate);
    if (other !== undefined && other.at39 < at39)
      broken.push(`${attacker} costs more than ${better} at ${rate}`);
  }
  return broken;
}

function two(value: number): string {
  return value.toFixed(2);
}

function signed(value: number): string {
  return `${value < 0 ? "-" : "+"}${two(Math.abs(value))}`;
}
