import { type Command, command } from "../../command.ts";
import { moment } from "../../moment.ts";
import { pairs } from "./view.ts";

export const show: Command = command({
  name: "opt-out show",
  summary: "show one opt-out: its state, its four clocks and who has to act",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: { "as-of": { type: "text", value: "<time>", about: "as it stood then" } },
  examples: [{ about: "how it stands", line: "postern opt-out show oo_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const asOf = options["as-of"];
    const found = await client.optOuts.get(operands.id, {
      signal: context.signal,
      ...(asOf === undefined ? {} : { asOf: moment(asOf, "as-of", context.now()) }),
    });
    out.record(found, pairs(found, context.now()));
    return undefined;
  },
});
