import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";

export const ls: Command = command({
  name: "offer ls",
  summary: "list what may be asked for",
  operands: {},
  options: {
    subject: { type: "text", value: "<type:id>", about: "only what this subject may ask for" },
    device: { type: "text", value: "<type:id>", about: "on this device" },
  },
  examples: [
    { about: "everything that policy offers", line: "postern offer ls" },
    { about: "what ana may ask for", line: "postern offer ls --subject user:ana" },
  ],
  run: async (run, { options }) => {
    const subject = optionalEntityName(options.subject, "--subject");
    const device = optionalEntityName(options.device, "--device");
    const client = await run.client();
    const found = await client.offers.list(
      { ...(subject === undefined ? {} : { subject }), ...(device === undefined ? {} : { device }) },
      { signal: run.context.signal },
    );
    run.out.list(
      found,
      [
        { heading: "NAME", cell: ({ name }) => name },
        { heading: "CONTROL", cell: ({ control }) => control },
        { heading: "MODE", cell: ({ mode }) => mode },
        { heading: "HOLDERS", cell: ({ holders }) => holders.join(", ") },
        {
          heading: "WAIVES",
          cell: ({ scope }) => `${scope.actions.join(", ")} on ${scope.resources.join(", ")}`,
        },
        {
          heading: "LENGTH",
          cell: ({ length }) => `${length.default}, at most ${length.max}, in all ${length.total}`,
        },
        { heading: "APPROVALS", cell: ({ approvals }) => String(approvals) },
        { heading: "OWNER", cell: ({ owner }) => owner },
      ],
      "nothing is offered",
    );
    return undefined;
  },
});
