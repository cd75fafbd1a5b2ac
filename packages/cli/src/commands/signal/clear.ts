import { type Command, command } from "../../command.ts";

export const clear: Command = command({
  name: "signal clear",
  summary: "say that what a signal raised is over, where policy lets a person say so",
  details: "Whoever it is about cannot. What nothing else holds back resumes at once.",
  operands: { id: { about: "the signal (sig_…)" } },
  options: { reason: { type: "text", value: "<text>", about: "why; kept sealed" } },
  examples: [
    {
      about: "a false alarm",
      line: 'postern signal clear sig_0123456789abcdefghjkmnpqrs --reason "a test of the scanner"',
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const { reason } = options;
    const cleared = await client.signals.clear(operands.id, reason === undefined ? {} : { reason }, {
      signal: context.signal,
    });
    out.record(cleared, [["opt-outs resumed", String(cleared.resumed)]]);
    return undefined;
  },
});
