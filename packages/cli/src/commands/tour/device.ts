import { join } from "node:path";
import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";

export const device: Command = command({
  name: "tour device",
  summary: "answer a challenge as the browser that a sample person trusts would",
  details:
    "For the tour without a browser. A real browser keeps the key where it cannot be copied; here it is a file.",
  operands: {
    person: { about: "a sample person, such as `ana`" },
    challenge: { about: "what the page asks to be signed" },
  },
  options: { new: { type: "flag", about: "make the key first, to trust this browser" } },
  examples: [{ about: "trust this browser", line: 'postern tour device ana "$challenge" --new' }],
  run: async ({ context, out }, { operands, options }) => {
    const { answerForDevice } = await import("@postern/example-shop");
    const folder = context.env.SHOP_DATA_DIR ?? join(".postern", "shop");
    const origin = context.env.PEOPLE ?? "http://localhost:4601";
    const { person, challenge } = operands;
    try {
      out.raw(`${answerForDevice(folder, person, { origin, challenge, create: options.new })}\n`);
    } catch (error) {
      throw new UsageError(
        error instanceof Error ? error.message : String(error),
        "source the `tour.env` that `postern tour start` has written",
      );
    }
    return undefined;
  },
});
