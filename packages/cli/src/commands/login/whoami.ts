import { type Command, command } from "../../command.ts";
import { showWhoami } from "./view.ts";

export const whoami: Command = command({
  name: "whoami",
  summary: "who you are to Postern, at which level, with which roles, and until when",
  operands: {},
  options: {},
  examples: [{ about: "before something that matters", line: "postern whoami" }],
  run: async (run) => {
    const client = await run.client();
    showWhoami(run, await client.whoami({ signal: run.context.signal }));
    return undefined;
  },
});
