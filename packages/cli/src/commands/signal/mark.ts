import { markOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";

export const mark: Command = command({
  name: "signal mark",
  summary: "say whether a signal that stands was right",
  details:
    "It clears nothing and changes no answer: `postern risk report` counts it. The token must name its person.",
  operands: { id: { about: "the signal (sig_…)" } },
  options: {
    unneeded: { type: "flag", about: "a false alarm" },
    right: { type: "flag", about: "something was amiss" },
  },
  examples: [
    { about: "a false alarm", line: "postern signal mark sig_0123456789abcdefghjkmnpqrs --unneeded" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const as = markOf(options);
    const client = await run.client();
    const marked = await client.signals.mark(operands.id, as, { signal: context.signal });
    out.record(marked, [
      ["signal", marked.id],
      ["marked", marked.as],
      ["at", when(marked.at, context.now())],
    ]);
    return undefined;
  },
});
