import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { everything } from "../everything.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "device ls",
  summary: "list the devices that people trust, those that have ended too",
  operands: {},
  options: {
    subject: { type: "text", value: "<type:id>", about: "whose" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [{ about: "what ana trusts", line: "postern device ls --subject user:ana" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const subject = optionalEntityName(options.subject, "--subject");
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.devices.list({ limit, signal: context.signal, ...(subject === undefined ? {} : { subject }) }),
    );
    out.list(found, columns(context.now()), "no devices");
    return undefined;
  },
});
