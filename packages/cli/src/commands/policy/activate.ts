import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { noteUnreviewed, pairs } from "./view.ts";

export const activate: Command = command({
  name: "policy activate",
  summary: "put a published revision in force",
  details: "What widens access needs a second person. `postern policy rollback` goes one step back.",
  operands: { revision: { about: "the revision (pol_…)" } },
  options: {},
  examples: [
    { about: "put it in force", line: "postern policy activate pol_0123456789abcdefghjkmnpqrs --yes" },
  ],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    if (!(await run.confirm(`Put ${operands.revision} in force?`))) return EXIT.denied;
    const revision = await client.policy.activate(operands.revision, { signal: context.signal });
    out.record(revision, pairs(revision, context.now()));
    noteUnreviewed(run, revision);
    return undefined;
  },
});
