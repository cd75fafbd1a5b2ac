import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GUARDS, type Guard } from "./guards.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "60" },
    steps: { type: "string", default: "500" },
    // For a guard that matters only where several rare things meet. `npm run sim` runs these worlds with all guards.
    "more-seeds": { type: "string", default: "1000" },
    "more-steps": { type: "string", default: "1000" },
    only: { type: "string", default: "" },
  },
});

const chosen = GUARDS.map((guard, index) => ({ guard, index })).filter(({ guard }) =>
  guard.name.includes(values.only),
);
if (chosen.length === 0) {
  console.error(`no guard is named \`${values.only}\`; expected a part of one of these:`);
  for (const { name } of GUARDS) console.error(`  ${name}`);
  process.exit(2);
}

interface Outcome {
  readonly failure: {
    readonly seed: number | null;
    readonly step: number;
    readonly invariant: string;
    readonly detail: string;
  } | null;
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** One process without one guard, or with all of them; `told` null: it said nothing that can be read. */
function without(
  guard: Pick<Guard, "by">,
  index: number | null,
  {
    seed = 1,
    seeds,
    steps,
  }: { readonly seed?: number; readonly seeds: string; readonly steps: string } = values,
): Promise<{ readonly told: Outcome | null; readonly error: string }> {
  const program = guard.by === "simulation" ? "../simulation/main.ts" : "./forwarding.ts";
  const args =
    guard.by === "simulation"
      ? ["--json", "--shrink", "0", "--seed", `${seed}`, "--seeds", seeds, "--steps", steps]
      : [];
  const hook = index === null ? [] : [`--import=${new URL("./without.ts", import.meta.url).href}`];
  const child = spawn(process.execPath, ["--conditions=@postern/source", ...hook, path(program), ...args], {
    env: { ...process.env, SIMULATE_WITHOUT_GUARD: String(index) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [said, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (part: Buffer) => said.push(part));
  child.stderr.on("data", (part: Buffer) => errors.push(part));
  return new Promise((resolve) =>
    child.on("close", () => {
      const text = Buffer.concat(said).toString("utf8");
      const error = Buffer.concat(errors).toString("utf8").trim();
      try {
        resolve({ told: JSON.parse(text) as Outcome, error });
      } catch {
        resolve({ told: null, error });
      }
    }),
  );
}

for (const by of ["simulation", "forwarding"] as const) {
  const { told, error } = await without({ by }, null);
  if (told?.failure === null) continue;
  console.log(`with every guard in place the ${by} does not pass: ${told?.failure.detail ?? error}`);
  process.exit(1);
}
console.log(`with every guard in place no rule breaks (${values.seeds} seeds of ${values.steps} steps)\n`);

let uncaught = 0;
for (const { guard, index } of chosen) {
  const rare = { seed: guard.seed ?? 1, seeds: "1", steps: values["more-steps"] };
  let { told, error } = await without(guard, index, guard.seed === undefined ? values : rare);
  if (told?.failure === null && guard.seed !== undefined) ({ told, error } = await without(guard, index));
  if (told?.failure === null && guard.by === "simulation")
    ({ told, error } = await without(guard, index, {
      seeds: values["more-seeds"],
      steps: values["more-steps"],
    }));
  const failure = told?.failure ?? null;
  const caught = failure !== null && failure.invariant !== "unexpected";
  if (!caught) uncaught += 1;
  console.log(`${caught ? "caught " : "MISSED "} ${guard.name}`);
  console.log(`         without it in ${guard.file}`);
  if (failure !== null)
    console.log(
      `         ${caught ? "breaks" : "ends in"} \`${failure.invariant}\`${failure.seed === null ? "" : `, seed ${failure.seed}, step ${failure.step}`}`,
    );
  if (failure !== null && !caught) console.log(`         ${failure.detail}`);
  if (told === null)
    console.log(
      `         nothing could be run: ${error.split("\n").find((line) => line.includes("Error")) ?? error}`,
    );
}
console.log(`\n${chosen.length - uncaught} of ${chosen.length} removed guards were caught by a rule`);
process.exit(uncaught === 0 ? 0 : 1);
