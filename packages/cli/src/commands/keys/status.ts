import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const status: Command = command({
  name: "keys status",
  summary: "show the deployment's keys, their epochs and public parts",
  details: "Keep the public part of `checkpoint`: `postern ledger verify --key` trusts nothing without it.",
  operands: {},
  options: {},
  examples: [{ about: "which keys are in use", line: "postern keys status" }],
  run: async (run) => {
    const client = await run.client();
    const found = await client.keys.list({ signal: run.context.signal });
    run.out.list(found, columns(run.context.now()), "no keys");
    return undefined;
  },
});
