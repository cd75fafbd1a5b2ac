import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";

export const streams: Command = command({
  name: "signal streams",
  summary: "show the streams over which receivers are told, and how far each has come",
  operands: {},
  options: {},
  examples: [{ about: "whether others are told", line: "postern signal streams" }],
  run: async (run) => {
    const { context, out } = run;
    const client = await run.client();
    const now = context.now();
    out.list(
      await client.signals.streams({ signal: context.signal }),
      [
        { heading: "ID", cell: ({ id }) => id },
        { heading: "RECEIVER", cell: ({ audience }) => audience },
        { heading: "BY", cell: ({ method }) => method },
        {
          heading: "STATUS",
          cell: ({ status, reason }) => (reason === null ? status : `${status} (${reason})`),
        },
        { heading: "WAITING", cell: ({ backlog, backlogMore }) => `${backlog}${backlogMore ? "+" : ""}` },
        { heading: "GIVEN UP", cell: ({ givenUp }) => String(givenUp) },
        {
          heading: "TROUBLE",
          cell: ({ trouble, nextAt }) =>
            trouble === null ? "" : `${trouble}${nextAt === null ? "" : `; again ${when(nextAt, now)}`}`,
        },
      ],
      "no streams",
    );
    return undefined;
  },
});
