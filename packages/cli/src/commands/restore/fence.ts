import { type Command, command } from "../../command.ts";
import { epochOf } from "./epoch.ts";
import { PLACE_OPTIONS, placeOf } from "./place.ts";

export const fence: Command = command({
  name: "fence",
  summary: "end the log of a database, because it goes on elsewhere from a backup",
  details:
    "Appends the last entry of that log. Nodes of the same PostgreSQL follow it and honour nothing from then on; an\n" +
    "embedded node must have stopped first. It cannot be undone. What it prints goes on elsewhere; a log that is fenced\n" +
    "off already is left as it is, and its epoch printed again.",
  operands: {},
  options: {
    ...PLACE_OPTIONS,
    epoch: {
      type: "text",
      value: "<number>",
      about: "the epoch in which it goes on (default: the one after its own)",
    },
  },
  examples: [{ about: "before a restore", line: "postern fence --data-dir /var/lib/postern-old" }],
  run: async (run, { options }) => {
    const given = epochOf(options.epoch);
    const where = given === null ? "" : ` in epoch ${given}`;
    if (!(await run.confirm(`End this log for good? It goes on elsewhere${where}.`))) return undefined;
    const config = await placeOf(run, options);
    const { fenceOff } = await import("@postern/server");
    const epoch = await fenceOff(config, given);
    const next = `postern restore <folder> --ends <file> --epoch ${epoch} --old-is-fenced --admin <type:id>`;
    run.out.record({ epoch, next }, [
      ["fenced", "nothing follows in this log"],
      ["epoch", `${epoch}, in which it goes on elsewhere`],
      ["next", next],
    ]);
    return undefined;
  },
});
