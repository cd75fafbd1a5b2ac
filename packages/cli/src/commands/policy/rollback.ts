import { type Command, command } from "../../command.ts";
import { noteUnreviewed, pairs } from "./view.ts";

export const rollback: Command = command({
  name: "policy rollback",
  summary: "go back to the revision just replaced, or to one that is not wider",
  details: "Asks nothing: one person may do this alone, within 24 hours or to anything not wider.",
  operands: { revision: { about: "which one (default: the one just replaced)", count: "optional" } },
  options: {},
  examples: [{ about: "one step back", line: "postern policy rollback" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const revision = await client.policy.rollback(operands.revision, { signal: context.signal });
    out.record(revision, pairs(revision, context.now()));
    noteUnreviewed(run, revision);
    return undefined;
  },
});
