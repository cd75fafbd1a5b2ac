import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { showAct } from "./view.ts";

export const confirm: Command = command({
  name: "unreviewed confirm",
  summary: "as the second person: let what waits happen, or say that what happened is right",
  operands: { id: { about: "the act (act_…)" } },
  options: {},
  examples: [
    {
      about: "it is what was agreed",
      line: "postern unreviewed confirm act_0123456789abcdefghjkmnpqrs --yes",
    },
  ],
  run: async (run, { operands }) => {
    const client = await run.client();
    if (!(await run.confirm(`Confirm ${operands.id}?`))) return EXIT.denied;
    showAct(run, await client.unreviewed.confirm(operands.id, { signal: run.context.signal }));
    return undefined;
  },
});
