import { type Command, command } from "../../command.ts";
import { pairs } from "./view.ts";

export const deny: Command = command({
  name: "opt-out deny",
  summary: "deny a request",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {
    reason: { type: "text", value: "<text>", about: "why; the person sees it" },
  },
  examples: [
    {
      about: "deny with a reason",
      line: 'postern opt-out deny oo_0123456789abcdefghjkmnpqrs --reason "ask for a day, not a month"',
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const write = { signal: context.signal };
    const done = await client.optOuts.deny(
      operands.id,
      { ...(options.reason === undefined ? {} : { reason: options.reason }) },
      write,
    );
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
