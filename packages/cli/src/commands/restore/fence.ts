import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";
import { PLACE_OPTIONS, placeOf } from "./place.ts";

export const fence: Command = command({
  name: "fence",
  summary: "end the log of a database, because it goes on elsewhere from a backup",
  details:
    "Appends the last entry of that log. Nodes of the same PostgreSQL follow it and honour nothing from then on; an\n" +
    "embedded node must have stopped first. It cannot be undone.",
  operands: {},
  options: {
    ...PLACE_OPTIONS,
    epoch: {
      type: "text",
      value: "<number>",
      about: "the epoch in which it goes on, as `postern restore` prints it",
    },
  },
  examples: [
    { about: "before or after a restore", line: "postern fence --data-dir /var/lib/postern-old --epoch 2" },
  ],
  run: async (run, { options }) => {
    const epoch = Number(options.epoch);
    if (!Number.isSafeInteger(epoch) || epoch < 2)
      throw new UsageError(`expected --epoch with a whole number from 2, got \`${options.epoch ?? ""}\``);
    if (!(await run.confirm(`End this log for good? It goes on elsewhere in epoch ${epoch}.`)))
      return undefined;
    const config = await placeOf(run, options);
    const { fenceOff } = await import("@postern/server");
    await fenceOff(config, epoch);
    run.out.note(`fenced: nothing follows in this log, which goes on elsewhere in epoch ${epoch}`);
    return undefined;
  },
});
