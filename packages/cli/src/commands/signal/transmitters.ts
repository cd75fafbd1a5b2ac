import { type Command, command } from "../../command.ts";

export const transmitters: Command = command({
  name: "signal transmitters",
  summary: "show the transmitters of Shared Signals that are listened to, and how they stand",
  operands: {},
  options: {},
  examples: [{ about: "whether events would arrive", line: "postern signal transmitters" }],
  run: async (run) => {
    const { context, out } = run;
    const client = await run.client();
    out.list(
      await client.signals.transmitters({ signal: context.signal }),
      [
        { heading: "ID", cell: ({ id }) => id },
        { heading: "ISSUER", cell: ({ issuer }) => issuer },
        { heading: "BY", cell: ({ delivery }) => delivery },
        { heading: "STATE", cell: ({ state }) => state },
        { heading: "STREAM", cell: ({ stream }) => stream ?? "" },
        { heading: "SAID", cell: ({ said }) => said ?? "" },
        { heading: "TROUBLE", cell: ({ trouble }) => trouble ?? "" },
      ],
      "no transmitters",
    );
    return undefined;
  },
});
