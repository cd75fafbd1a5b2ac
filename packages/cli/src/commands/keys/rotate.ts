import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { columns } from "./view.ts";

export const rotate: Command = command({
  name: "keys rotate",
  summary: "make a new epoch of a key; the old one signs a new checkpoint key",
  operands: { name: { about: "checkpoint, assertion, openid or wrapping" } },
  options: {},
  examples: [{ about: "a new checkpoint key", line: "postern keys rotate checkpoint --yes" }],
  run: async (run, { operands }) => {
    const client = await run.client();
    if (!(await run.confirm(`Rotate the ${operands.name} key?`))) return EXIT.denied;
    const made = await client.keys.rotate(operands.name, { signal: run.context.signal });
    run.out.record(
      made,
      columns(run.context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(made)]),
    );
    return undefined;
  },
});
