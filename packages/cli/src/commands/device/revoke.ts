import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const revoke: Command = command({
  name: "device revoke",
  summary: "end the trust in a device now, with the sessions and opt-outs on it",
  operands: { id: { about: "the device (dev_…)" } },
  options: {},
  examples: [{ about: "a lost laptop", line: "postern device revoke dev_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const ended = await client.devices.revoke(operands.id, { signal: context.signal });
    out.record(
      ended,
      columns(context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(ended)]),
    );
    return undefined;
  },
});
