import { parseArgs } from "node:util";
import { FAULTS, INVARIANTS } from "./invariants.ts";
import { opening } from "./opening.ts";
import { type Run, runSeed } from "./run.ts";
import { shrink } from "./shrink.ts";
import { drawSteps, type Step } from "./steps.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "1000" },
    seeds: { type: "string", default: "1" },
    shrink: { type: "string", default: "300" },
    twice: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const [first, steps, seeds, mostTries] = [values.seed, values.steps, values.seeds, values.shrink].map(Number);
if (
  ![first, steps, seeds, mostTries].every((number) => Number.isSafeInteger(number) && (number ?? -1) >= 0)
) {
  console.error("expected whole numbers for --seed, --steps, --seeds and --shrink");
  process.exit(2);
}

const from = await opening();
const faults = new Map(FAULTS.map((name) => [name, 0]));
const checks = new Map(INVARIANTS.map((name) => [name, 0]));
let taken = 0;
let entries = 0;
let virtual = 0;
let failed: Run | null = null;
const started = performance.now();
for (let seed = first ?? 1; seed < (first ?? 1) + (seeds ?? 1) && failed === null; seed++) {
  const run = await runSeed(from, seed, steps ?? 0);
  taken += run.steps;
  entries += run.entries;
  virtual += run.virtualMilliseconds;
  for (const [name, count] of run.faults) faults.set(name, (faults.get(name) ?? 0) + count);
  for (const [name, count] of run.invariants) checks.set(name, (checks.get(name) ?? 0) + count);
  if (run.failure !== null) failed = run;
  else if (values.twice && (await runSeed(from, seed, steps ?? 0)).digest !== run.digest) {
    console.error(`seed ${seed} ended in two ways: the world is not driven by its seed alone`);
    process.exit(1);
  }
  if (!values.json && process.stderr.isTTY) process.stderr.write(`\rseed ${seed}, ${taken} steps`);
}
const seconds = (performance.now() - started) / 1_000;

if (values.json) {
  const { failure = null, seed = null } = failed ?? {};
  console.log(
    JSON.stringify({
      steps: taken,
      failure:
        failure === null
          ? null
          : { seed, step: failure.step, invariant: failure.invariant, detail: failure.detail },
    }),
  );
  process.exit(failed === null ? 0 : 1);
}

if (failed !== null) {
  const { failure, seed } = failed;
  console.log(`\nseed ${seed}, after step ${failure?.step}: ${failure?.detail}`);
  if (failure?.invariant === "unexpected") console.log(failure.cause.stack);
  if ((mostTries ?? 0) > 0) {
    const shrunk = await shrink(from, failed, drawSteps(seed, steps ?? 0), mostTries ?? 0);
    console.log(
      `\nthe same rule breaks with ${shrunk.steps.length} steps (${shrunk.tries} tries): ${shrunk.run.failure?.detail}`,
    );
    for (const step of shrunk.steps.slice(-40)) console.log(`  ${said(step)}`);
  }
  console.log(`\nagain: npm run sim -- --seed ${seed} --steps ${steps}`);
  process.exit(1);
}

console.log(
  `${taken} steps over ${seeds} seeds in ${seconds.toFixed(1)} s: ${entries} entries, ${Math.round(virtual / 3_600_000)} h of virtual time, no violation`,
);
console.log("\nfaults that struck");
for (const [name, count] of faults) console.log(`  ${String(count).padStart(10)}  ${name}`);
console.log("\nrules looked at");
for (const [name, count] of checks) console.log(`  ${String(count).padStart(10)}  ${name}`);
const never = [...faults, ...checks].filter(([, count]) => count === 0).map(([name]) => name);
if (never.length > 0 && taken >= 100_000) {
  console.log(`\nnever: ${never.join(", ")}; what is never tried proves nothing`);
  process.exit(1);
}

function said({ what, node, wait, picks }: Step): string {
  const numbers = [picks.a, picks.b, picks.c, picks.d].map((one) => one.toFixed(2)).join(" ");
  return `node ${Math.floor(node * 3) + 1}: ${what.padEnd(26)} ${numbers}, then ${wait.toFixed(1)} ms`;
}
