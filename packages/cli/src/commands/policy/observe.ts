import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";
import { moment } from "../../moment.ts";
import { observationText } from "./observation-text.ts";

export const observe: Command = command({
  name: "policy observe",
  summary: "count what a published revision would answer beside the one in force",
  details:
    "Nobody is answered by it. `postern policy status` shows what it would have changed, at the node that is asked.",
  operands: { revision: { about: "the revision (pol_…)" } },
  options: {
    until: { type: "text", value: "<when>", about: "its end: a time, or `7d` from now; at most 90 days" },
    stop: { type: "flag", about: "end it now" },
  },
  examples: [
    { about: "for a week", line: "postern policy observe pol_0123456789abcdefghjkmnpqrs --until 7d" },
    { about: "no longer", line: "postern policy observe pol_0123456789abcdefghjkmnpqrs --stop" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    if ((options.until === undefined) === !options.stop)
      throw new UsageError("expected either --until or --stop");
    const client = await run.client();
    const { signal } = context;
    if (options.until === undefined) {
      const ended = await client.policy.stopObserving(operands.revision, { signal });
      out.show(ended, () => `${ended.revision} is observed no longer\n`);
      return undefined;
    }
    const until = moment(options.until, "until", context.now());
    const seen = await client.policy.observe(operands.revision, until, { signal });
    out.show(seen, () => observationText(seen));
    return undefined;
  },
});
