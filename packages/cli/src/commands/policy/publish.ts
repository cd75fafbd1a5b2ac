import { type Command, command } from "../../command.ts";
import { policyFiles } from "./directory.ts";
import { pairs } from "./view.ts";

export const publish: Command = command({
  name: "policy publish",
  summary: "send a policy directory to Postern, which compiles and keeps it; changes nothing yet",
  operands: { directory: { about: "the policy directory (default .)", count: "optional" } },
  options: {},
  examples: [{ about: "publish, then put in force", line: "postern policy publish ./policy" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const files = await policyFiles({ context, out }, operands.directory ?? ".");
    const client = await run.client();
    const revision = await client.policy.publish(files, { signal: context.signal });
    out.record(revision, pairs(revision, context.now()));
    if (!revision.active) out.note(`\`postern policy activate ${revision.id}\` puts it in force`);
    return undefined;
  },
});
