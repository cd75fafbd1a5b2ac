import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "role ls",
  summary: "list who holds a role, and who held one",
  operands: {},
  options: {},
  examples: [{ about: "who may do what", line: "postern role ls" }],
  run: async (run) => {
    const client = await run.client();
    const found = await client.roles.list({ signal: run.context.signal });
    run.out.list(found, columns(run.context.now()), "no roles");
    return undefined;
  },
});
