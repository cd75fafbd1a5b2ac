import { oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { nameText } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { when } from "../../output/time.ts";

export const answer: Command = command({
  name: "review answer",
  summary: "say whether an opt-out is still needed; one that nobody reviews ends",
  operands: { id: { about: "the opt-out (oo_…)" }, answer: { about: "keep or end" } },
  options: { reason: { type: "text", value: "<text>", about: "why; kept sealed" } },
  examples: [{ about: "still needed", line: "postern review answer oo_0123456789abcdefghjkmnpqrs keep" }],
  run: async (run, { operands, options }) => {
    const said = oneOf(operands.answer, ["keep", "end"], "<answer>");
    if (said === undefined) throw new UsageError("expected `keep` or `end`");
    const client = await run.client();
    const made = await client.reviews.answer(
      {
        optOut: operands.id,
        answer: said,
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      },
      { signal: run.context.signal },
    );
    run.out.record(made, [
      ["id", made.id],
      ["opt-out", made.optOut],
      ["answer", made.answer],
      ["at", when(made.at, run.context.now())],
      ["by", nameText(made.by)],
    ]);
    return undefined;
  },
});
