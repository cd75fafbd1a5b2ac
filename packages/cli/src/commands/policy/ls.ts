import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "policy ls",
  summary: "list revisions and which one is in force",
  operands: {},
  options: {},
  examples: [{ about: "what is in force", line: "postern policy ls" }],
  run: async (run) => {
    const client = await run.client();
    const found = await client.policy.list({ signal: run.context.signal });
    run.out.list(found, columns(run.context.now()), "no revisions");
    return undefined;
  },
});
