import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { noteWaiting } from "../unreviewed/view.ts";
import { columns } from "./view.ts";

export const lift: Command = command({
  name: "lock lift",
  summary: "lift a lock: what it held shut may be honoured again",
  details: "Where there is a second administrator the lock holds until that one confirms, or lifts it too.",
  operands: { id: { about: "the lock (lk_…)" } },
  options: {},
  examples: [
    { about: "the incident is over", line: "postern lock lift lk_0123456789abcdefghjkmnpqrs --yes" },
  ],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    if (!(await run.confirm(`Lift ${operands.id}?`))) return EXIT.denied;
    const lifted = await client.locks.lift(operands.id, { signal: context.signal });
    out.record(
      lifted,
      columns(context.now()).map(({ heading, cell }) => [heading.toLowerCase(), cell(lifted)]),
    );
    if (lifted.waits !== undefined) noteWaiting(run, lifted.waits);
    return undefined;
  },
});
