import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { showAct } from "./view.ts";

export const deny: Command = command({
  name: "unreviewed deny",
  summary: "refuse or take back what waits for a second person",
  operands: { id: { about: "the act (act_…)" } },
  options: {},
  examples: [
    { about: "it was a mistake", line: "postern unreviewed deny act_0123456789abcdefghjkmnpqrs --yes" },
  ],
  run: async (run, { operands }) => {
    const client = await run.client();
    if (!(await run.confirm(`Deny ${operands.id}?`))) return EXIT.denied;
    showAct(run, await client.unreviewed.deny(operands.id, { signal: run.context.signal }));
    return undefined;
  },
});
