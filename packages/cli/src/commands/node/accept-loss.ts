import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { UsageError } from "../../failure.ts";
import { noteWaiting, showAct } from "../unreviewed/view.ts";
import { index, lossText } from "./nodes.ts";

export const acceptLoss: Command = command({
  name: "node accept-loss",
  summary: "go on from a database that lost the end of its log, in a new epoch",
  details:
    "Put the newest database back instead where you can. --lost names the loss in entries: it is the confirmation, and\n" +
    "another number is refused. What this node saw end stays ended, and every session ends. Ask the node that has seen most.",
  operands: {},
  options: { lost: { type: "text", value: "<n>", about: "the loss that you accept, in entries" } },
  examples: [{ about: "after a fail-over that lost 12 entries", line: "postern node accept-loss --lost 12" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const client = await run.client();
    if (options.lost === undefined) {
      const { loss } = await client.nodes.list({ signal: context.signal });
      throw new UsageError(
        loss === null ? "this node knows of no loss" : lossText(loss),
        loss === null
          ? "`postern doctor` says what is wrong"
          : `to accept it: \`postern node accept-loss --lost ${loss.lost}\``,
      );
    }
    const done = await client.nodes.acceptLoss(
      { lost: index(options.lost, "lost") },
      { signal: context.signal },
    );
    if ("waits" in done) {
      showAct(run, done.waits);
      noteWaiting(run, done.waits);
      return EXIT.ok;
    }
    out.record(done, [
      ["lost", `${done.lost} entries`],
      ["epoch", `${done.epoch}, from entry ${done.entry}`],
      ["sessions ended", String(done.sessionsEnded)],
      ["opt-outs ended again", String(done.optOutsEnded)],
      ["opt-outs suspended", String(done.optOutsSuspended)],
      ["locks placed again", String(done.locksPlaced)],
      ["tokens revoked again", String(done.tokensRevoked)],
      ["entities deleted again", String(done.entitiesDeleted)],
    ]);
    return EXIT.ok;
  },
});
