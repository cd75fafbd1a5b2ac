import { type Command, command } from "../../command.ts";
import { columns } from "./view.ts";

export const revoke: Command = command({
  name: "token revoke",
  summary: "end a token now",
  operands: { id: { about: "the token (tok_…)" } },
  options: {},
  examples: [{ about: "it leaked", line: "postern token revoke tok_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const client = await run.client();
    const ended = await client.tokens.revoke(operands.id, { signal: run.context.signal });
    run.out.record(
      ended,
      columns(run.context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(ended)]),
    );
    return undefined;
  },
});
