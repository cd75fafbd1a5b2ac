import { type Command, command } from "../../command.ts";
import { length } from "../../moment.ts";
import { pairs, waitsFor } from "./view.ts";

export const renew: Command = command({
  name: "opt-out renew",
  summary: "ask for more time, up to the cap counted from the first grant",
  details:
    "Renewing is like asking anew: it needs the same consent and approvals. Until then the old end stands.",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {
    length: { type: "text", value: "<length>", about: "how long from now (default: the offer's)" },
    reason: { type: "text", value: "<text>", about: "why; kept sealed" },
  },
  examples: [
    { about: "a week more", line: "postern opt-out renew oo_0123456789abcdefghjkmnpqrs --length 7d" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const done = await client.optOuts.renew(
      operands.id,
      {
        ...(options.length === undefined ? {} : { length: length(options.length, "length") }),
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      },
      { signal: context.signal },
    );
    out.record(done, pairs(done, context.now()));
    const waits = waitsFor(done);
    if (waits !== null) out.note(`waits for ${waits}`);
    return undefined;
  },
});
