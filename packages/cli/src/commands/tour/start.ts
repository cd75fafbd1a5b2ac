import { resolve } from "node:path";
import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { CommandError, UsageError } from "../../failure.ts";

const FOLDER = ".postern";

export const start: Command = command({
  name: "tour start",
  summary: "run Postern in front of a small shop, with made-up people, and print a five-minute tour",
  details:
    "For looking around: development mode, passwords that are printed here. Everything is kept in one folder.\n" +
    "The commands of the tour go into a second terminal in the same folder.",
  operands: {},
  options: {
    folder: { type: "text", value: "<folder>", about: `where to keep data (default: ${FOLDER})` },
    port: { type: "text", value: "<number>", about: "the first of the four ports (default: 4600)" },
    "own-login": { type: "flag", about: "the shop signs people in by itself, and tells Postern" },
    fresh: { type: "flag", about: "begin anew: forget what an earlier start has kept" },
  },
  examples: [{ about: "look around", line: "postern tour start" }],
  run: async ({ context, out }, { options }) => {
    const { startTour, USUAL_PORT } = await import("@postern/example-shop");
    const first = Number(options.port ?? USUAL_PORT);
    if (!Number.isInteger(first) || first < 1024 || first > 65_000)
      throw new UsageError(`expected a port from 1024 to 65000, got \`${options.port}\``);
    const sample = await startTour({
      folder: resolve(options.folder ?? FOLDER),
      first,
      fresh: options.fresh,
      signIn: options["own-login"] ? "own" : "postern",
      again: "postern tour start --fresh",
      print: (text) => out.raw(`${text}\n`),
    }).catch((error: unknown) => {
      throw new CommandError(EXIT.unexpected, error instanceof Error ? error.message : String(error));
    });
    const { signal } = context;
    if (!signal.aborted)
      await new Promise<void>((ended) => signal.addEventListener("abort", () => ended(), { once: true }));
    await sample.stop();
    return EXIT.ok;
  },
});
