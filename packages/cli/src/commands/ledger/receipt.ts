import { type Command, command } from "../../command.ts";
import { count } from "../../moment.ts";

export const receipt: Command = command({
  name: "ledger receipt",
  summary: "print the proof that an entry is in the ledger (C2SP tlog-proof)",
  operands: { index: { about: "the entry's index" } },
  options: {},
  examples: [
    { about: "for the person whom it concerns", line: "postern ledger receipt 42 > opt-out.tlog-proof" },
  ],
  run: async (run, { operands }) => {
    const client = await run.client();
    const proof = await client.ledger.receipt(count(operands.index, "<index>"), {
      signal: run.context.signal,
    });
    run.out.show({ receipt: proof }, () => proof);
    return undefined;
  },
});
