import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const ls: Command = command({
  name: "token ls",
  summary: "list tokens; secrets are not kept and not shown",
  operands: {},
  options: {},
  examples: [{ about: "who can call the API", line: "postern token ls" }],
  run: async (run) => {
    const client = await run.client();
    const found = await client.tokens.list({ signal: run.context.signal });
    run.out.list(found, columns(run.context.now()), "no tokens");
    return undefined;
  },
});
