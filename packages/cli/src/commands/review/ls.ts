import { type Command, command } from "../../command.ts";
import { nameText } from "../../entity-name.ts";
import { when } from "../../output/time.ts";
import { everything } from "../everything.ts";

export const ls: Command = command({
  name: "review ls",
  summary: "list the answers given to reviews",
  operands: {},
  options: { limit: { type: "text", value: "<n>", about: "at most so many (default 100)" } },
  examples: [{ about: "what was reviewed", line: "postern review ls" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.reviews.list({ limit, signal: context.signal }),
    );
    out.list(
      found,
      [
        { heading: "ID", cell: ({ id }) => id },
        { heading: "OPT-OUT", cell: ({ optOut }) => optOut },
        { heading: "ANSWER", cell: ({ answer }) => answer },
        { heading: "AT", cell: ({ at }) => when(at, context.now()) },
        { heading: "BY", cell: ({ by }) => nameText(by) },
      ],
      "no reviews",
    );
    return undefined;
  },
});
