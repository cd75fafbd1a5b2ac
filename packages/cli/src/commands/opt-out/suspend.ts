import { type Command, command } from "../../command.ts";
import { pairs } from "./view.ts";

export const suspend: Command = command({
  name: "opt-out suspend",
  summary: "suspend an opt-out: the full control applies until it is resumed",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {
    reason: { type: "text", value: "<text>", about: "why; kept sealed" },
  },
  examples: [
    {
      about: "suspend while something is looked into",
      line: 'postern opt-out suspend oo_0123456789abcdefghjkmnpqrs --reason "laptop reported lost"',
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const write = { signal: context.signal };
    const done = await client.optOuts.suspend(
      operands.id,
      { ...(options.reason === undefined ? {} : { reason: options.reason }) },
      write,
    );
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
