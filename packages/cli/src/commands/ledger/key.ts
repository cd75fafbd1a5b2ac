import { type Command, command } from "../../command.ts";

export const key: Command = command({
  name: "ledger key",
  summary: "print the keys that sign checkpoints; keep one, `ledger verify` trusts nothing without it",
  operands: {},
  options: {},
  examples: [
    {
      about: "keep it where the ledger's operator cannot change it",
      line: "postern ledger key > ledger.vkey",
    },
  ],
  run: async (run) => {
    const client = await run.client();
    const { ledger } = await client.status({ signal: run.context.signal });
    run.out.show(ledger, () => ledger.verifierKeys.map((vkey) => `${vkey}\n`).join(""));
    return undefined;
  },
});
