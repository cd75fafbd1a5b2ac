// `npm start`: Postern in front of the example shop, with everything that one needs to look around.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Sample, startTour, USUAL_PORT } from "@postern/example-shop";
import { ROOT } from "./root.ts";

const HELP = `npm start -- [--fresh] [--own-login] [--folder DIR] [--port N]

  --fresh        begin anew: forget what an earlier start has kept
  --own-login    the shop signs people in by itself, and tells Postern (on a folder of its own)
  --folder DIR   where to keep data (default: .postern in this project)
  --port N       the first of the four ports (default: 4600)
`;

const OPTIONS = {
  fresh: { type: "boolean", default: false },
  "own-login": { type: "boolean", default: false },
  folder: { type: "string", default: join(ROOT, ".postern") },
  port: { type: "string", default: String(USUAL_PORT) },
  help: { type: "boolean", default: false, short: "h" },
} as const;

function typed(): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"] {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    console.error(`${said.split(". ")[0]}\n\n${HELP}`);
    process.exit(2);
  }
}

const values = typed();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const first = Number(values.port);
if (!Number.isInteger(first) || first < 1024 || first > 65_000) {
  console.error(`expected a port from 1024 to 65000, got \`${values.port}\``);
  process.exit(2);
}

const { folder, fresh } = values;
const sample: Sample = await startTour({
  folder,
  first,
  fresh,
  signIn: values["own-login"] ? "own" : "postern",
  again: "npm start -- --fresh",
  print: (text) => console.log(text),
}).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) process.exit(1);
  stopping = true;
  await sample.stop();
  process.exit(0);
}
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());
