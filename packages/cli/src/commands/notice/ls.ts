import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";

export const ls: Command = command({
  name: "notice ls",
  summary: "show how far each channel has told holders and owners what happened",
  operands: {},
  options: {},
  examples: [{ about: "whether mails and webhooks arrive", line: "postern notice ls" }],
  run: async (run) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await client.notices.channels({ signal: context.signal });
    const at = (text: string | null): string => (text === null ? "" : when(text, context.now()));
    out.list(
      found,
      [
        { heading: "CHANNEL", cell: ({ channel }) => channel },
        { heading: "TOLD UNTIL", cell: ({ toldUntil }) => at(toldUntil) },
        { heading: "BEHIND", cell: ({ behind }) => String(behind) },
        { heading: "FAILING SINCE", cell: ({ failingSince }) => at(failingSince) },
        { heading: "NEXT", cell: ({ nextAt }) => at(nextAt) },
        { heading: "GIVEN UP", cell: ({ givenUp }) => String(givenUp) },
        { heading: "WHY", cell: ({ why }) => why ?? "" },
      ],
      "no channels",
    );
    return undefined;
  },
});
