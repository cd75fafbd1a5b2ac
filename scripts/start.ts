// `npm start`: Postern in front of the example shop, with everything that one needs to look around.
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { SAMPLE_PEOPLE } from "@postern/example-shop";
import { isInUse } from "./sample/keep.ts";
import { choosePorts, USUAL_PORT } from "./sample/ports.ts";
import { type Sample, startSample } from "./sample/system.ts";
import { ROOT, tourSteps } from "./sample/tour.ts";

const HELP = `npm start -- [--fresh] [--folder DIR] [--port N]

  --fresh        begin anew: forget what an earlier start has kept
  --folder DIR   where to keep data (default: .postern in this project)
  --port N       the first of the four ports (default: 4600)
`;

const { values } = parseArgs({
  options: {
    fresh: { type: "boolean", default: false },
    folder: { type: "string", default: join(ROOT, ".postern") },
    port: { type: "string", default: String(USUAL_PORT) },
    help: { type: "boolean", default: false, short: "h" },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const folder = values.folder;
if (isInUse(folder)) {
  console.error(`another one runs on \`${folder}\`; stop it first, or use \`npm start -- --folder DIR\``);
  process.exit(1);
}
if (values.fresh && existsSync(folder)) {
  // Only what a start has made is removed, wherever `--folder` points.
  const ours = ["data", "shop", "sample.json", "tour.env", "ana.cookies"];
  for (const name of ours) rmSync(join(folder, name), { recursive: true, force: true });
}

const first = Number(values.port);
if (!Number.isInteger(first) || first < 1024 || first > 65_000) {
  console.error(`expected a port from 1024 to 65000, got \`${values.port}\``);
  process.exit(2);
}

async function begin(tries: number): Promise<Sample> {
  const { ports, moved } = await choosePorts(first);
  for (const line of moved) console.log(line);
  try {
    return await startSample({ folder, ports, printDecisions: true });
  } catch (error) {
    // Somebody took a port between the look and the start.
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (taken && tries > 0) return begin(tries - 1);
    throw error;
  }
}

let stopping = false;
const sample = await begin(3).catch((error: unknown) => {
  console.error(`postern did not start: ${error instanceof Error ? error.message : String(error)}`);
  console.error(
    `What an earlier start has kept lies in \`${folder}\`; \`npm start -- --fresh\` begins anew.`,
  );
  process.exit(1);
});

if (sample.policyChanged) {
  console.log(
    "examples/shop/policy differs from the policy in force; `postern policy publish` and `activate` change that",
  );
}
const shown = relative(process.cwd(), folder) || ".";
const here = (commands: string): string => commands.replaceAll(".postern/", `${shown}/`);
const people = SAMPLE_PEOPLE.map(
  ({ name, label, password, roles }) =>
    `  ${name.padEnd(5)} ${password.padEnd(21)} ${`${label} (${roles.join(", ")})`}`,
);
console.log(`
Postern is ready. Open:
  the shop               ${sample.gateway}
  your protection        ${sample.people}/me/protection   (sign in at the shop first)
  the control plane      ${sample.control}   (for programs: docs/api.md)

Sample people and passwords (made up: never use them elsewhere):
${people.join("\n")}
  A code for the second step:  npm run -s code -w @postern/example-shop -- ana

The five-minute tour, in a second terminal in this folder (docs/tour.md says what you see):
${tourSteps()
  .map(({ title, commands }) => `\n  # ${title}\n${here(commands).replace(/^/gm, "  ")}`)
  .join("\n")}

Ctrl-C stops everything. What is kept lies in ${shown}. Decisions, as they happen:
`);

async function stop(): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  await sample.stop();
  process.exit(0);
}
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
