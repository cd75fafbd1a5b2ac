import { type Command, command } from "../../command.ts";
import { PLACE_OPTIONS, placeOf } from "./place.ts";

export const backup: Command = command({
  name: "backup",
  summary: "copy the data and the keyring of a Postern that runs, into an empty folder",
  details:
    "Two files: keep the keyring's copies apart and let them expire sooner, or what was erased lives on in them.\n" +
    "The signed head and the ends beside it stay where they are: a restore needs the newest of both.\n" +
    "For PostgreSQL this runs pg_dump.",
  operands: { folder: { about: "where to write; made where it is not there" } },
  options: PLACE_OPTIONS,
  examples: [{ about: "every night", line: "postern backup /backup/2026-11-22 --data-dir /var/lib/postern" }],
  run: async (run, { operands, options }) => {
    const config = await placeOf(run, options);
    const { backUp } = await import("@postern/server");
    await backUp(config, operands.folder);
    run.out.note(`the data and the keyring are in ${operands.folder}`);
    return undefined;
  },
});
