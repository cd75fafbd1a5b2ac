import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";

export const code: Command = command({
  name: "tour code",
  summary: "print a code that the sample shop takes next, as an authenticator app would",
  operands: { person: { about: "a sample person, such as `ana`" } },
  options: { uri: { type: "flag", about: "print the otpauth: address for a real app instead" } },
  examples: [{ about: "ana's second step", line: "postern tour code ana" }],
  run: async ({ context, out }, { operands, options }) => {
    const { readCode } = await import("@postern/example-shop");
    const folder = context.env.SHOP_DATA_DIR ?? join(".postern", "shop");
    let read: ReturnType<typeof readCode>;
    try {
      read = readCode(folder, operands.person, context.now());
    } catch (error) {
      throw new UsageError(
        error instanceof Error ? error.message : String(error),
        "source the `tour.env` that `postern tour start` has written",
      );
    }
    if (options.uri) {
      out.raw(`${read.uri}\n`);
      return undefined;
    }
    if (read.wait > 0) out.note(`a code is good once; the next one in ${Math.ceil(read.wait / 1000)} s`);
    await pause(read.wait);
    out.raw(`${read.code}\n`);
    return undefined;
  },
});
