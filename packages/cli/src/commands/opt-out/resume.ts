import { type Command, command } from "../../command.ts";
import { pairs } from "./view.ts";

export const resume: Command = command({
  name: "opt-out resume",
  summary: "resume a suspended opt-out; its end has not moved",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {},
  examples: [{ about: "the laptop was found", line: "postern opt-out resume oo_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const write = { signal: context.signal };
    const done = await client.optOuts.resume(operands.id, write);
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
