import { type Command, command } from "../../command.ts";
import { pairs } from "./view.ts";

export const withdraw: Command = command({
  name: "opt-out withdraw",
  summary: "take back a request that is still pending",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {},
  examples: [{ about: "take it back", line: "postern opt-out withdraw oo_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const write = { signal: context.signal };
    const done = await client.optOuts.withdraw(operands.id, write);
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
