import { type Command, command } from "../../command.ts";
import { when } from "../../output/time.ts";
import { pairs } from "./view.ts";

export const revoke: Command = command({
  name: "opt-out revoke",
  summary: "end an opt-out now: the full control applies again",
  details:
    "Asks nothing: closing is always allowed. Answers once it is recorded, and says from when no node honours it.",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: { reason: { type: "text", value: "<text>", about: "why; kept sealed" } },
  examples: [
    { about: "turn protection back on", line: "postern opt-out revoke oo_0123456789abcdefghjkmnpqrs" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const client = await run.client();
    const given = options.reason === undefined ? {} : { reason: options.reason };
    const done = await client.optOuts.revoke(operands.id, given, { signal: context.signal });
    const now = context.now();
    out.record(done, [
      ["recorded", `${when(done.recorded, now)}, ledger entry ${done.entry}`],
      [
        "in effect",
        done.inEffect === null
          ? "not yet on every node; within seconds, see `postern nodes --entry`"
          : when(done.inEffect, now),
      ],
      ...pairs(done.optOut, now),
    ]);
    return undefined;
  },
});
