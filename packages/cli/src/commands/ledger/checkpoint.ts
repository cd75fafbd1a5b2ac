import { type Command, command } from "../../command.ts";

export const checkpoint: Command = command({
  name: "ledger checkpoint",
  summary: "print the newest signed checkpoint; keep it, and later exports must have grown out of it",
  operands: {},
  options: {},
  examples: [{ about: "keep today's", line: "postern ledger checkpoint > checkpoint.txt" }],
  run: async (run) => {
    const client = await run.client({ anonymous: true });
    const note = await client.ledger.checkpoint({ signal: run.context.signal });
    run.out.show({ checkpoint: note }, () => note);
    return undefined;
  },
});
