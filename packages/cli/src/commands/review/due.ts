import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";
import { everything } from "../everything.ts";
import { holderText } from "../opt-out/view.ts";

export const due: Command = command({
  name: "review due",
  summary: "list the opt-outs that end unless somebody answers their review, with evidence of use",
  operands: {},
  options: {
    within: { type: "text", value: "<span>", about: "a span from now, or a time (default P30D)" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [{ about: "what has to be looked at this week", line: "postern review due --within P7D" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.reviews.due({ limit, due: options.within ?? "P30D", signal: context.signal }),
    );
    out.list(
      found,
      [
        { heading: "REVIEW BY", cell: ({ reviewBy }) => when(reviewBy, context.now()) },
        { heading: "OPT-OUT", cell: ({ optOut }) => optOut.id },
        { heading: "OFFER", cell: ({ optOut }) => optOut.offer },
        { heading: "HOLDER", cell: ({ optOut }) => holderText(optOut) },
        { heading: "USED", cell: ({ used }) => String(used) },
        { heading: "SUGGESTED", cell: ({ suggestion }) => suggestion },
        { heading: "BECAUSE", cell: ({ evidence }) => evidence.map(({ words }) => words).join("; ") },
      ],
      "no reviews are due",
    );
    return undefined;
  },
});
