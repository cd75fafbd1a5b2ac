import { markOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";

export const mark: Command = command({
  name: "decision mark",
  summary: "say whether a challenge or a denial was needed",
  details: [
    "It changes no answer: `postern risk report` counts it. Another mark of yours takes the place of the one before;",
    "what you said first stays in the ledger. The token must name its person. Decisions are kept for 30 days.",
  ].join("\n"),
  operands: { id: { about: "the decision (dec_…)" } },
  options: {
    unneeded: { type: "flag", about: "it need not have been" },
    right: { type: "flag", about: "it was right: somebody else was stopped, or looked at" },
  },
  examples: [
    {
      about: "a colleague was asked for nothing",
      line: "postern decision mark dec_0123456789abcdefghjkmnpqrs --unneeded",
    },
    { about: "an attack was stopped", line: "postern decision mark dec_0123456789abcdefghjkmnpqrs --right" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const as = markOf(options);
    const client = await run.client();
    const marked = await client.decisions.mark(operands.id, as, { signal: context.signal });
    out.record(marked, [
      ["decision", marked.id],
      ["marked", marked.as],
      ["at", when(marked.at, context.now())],
    ]);
    return undefined;
  },
});
