import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { noteWaiting, showAct } from "../unreviewed/view.ts";

export const acceptTime: Command = command({
  name: "node accept-time",
  summary: "say that the time is right after a clock jumped, so that the node honours again",
  details:
    "Set the clock right first. What ended while the node was in doubt stays ended. Where there are two administrators,\n" +
    "both have to ask the same node, or the second confirms.",
  operands: {},
  options: {},
  examples: [{ about: "the clock was set right, by hand", line: "postern node accept-time --yes" }],
  run: async (run) => {
    const client = await run.client();
    if (!(await run.confirm("Is this machine's time right?"))) return EXIT.denied;
    const done = await client.nodes.acceptTime({ signal: run.context.signal });
    if (done.waits !== undefined) {
      showAct(run, done.waits);
      noteWaiting(run, done.waits);
      return EXIT.ok;
    }
    run.out.record(done, [["accepted", done.at]]);
    return EXIT.ok;
  },
});
