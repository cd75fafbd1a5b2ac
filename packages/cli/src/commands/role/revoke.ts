import { type Command, command } from "../../command.ts";
import { showRole } from "./view.ts";

export const revoke: Command = command({
  name: "role revoke",
  summary: "take a role away now",
  operands: { id: { about: "the role (rol_…), as postern role ls shows it" } },
  options: {},
  examples: [{ about: "olga moved on", line: "postern role revoke rol_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const client = await run.client();
    showRole(run, await client.roles.revoke(operands.id, { signal: run.context.signal }));
    return undefined;
  },
});
