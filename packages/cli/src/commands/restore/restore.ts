import { type Command, command } from "../../command.ts";
import { EXIT } from "../../exit-code.ts";
import { UsageError } from "../../failure.ts";
import { epochOf } from "./epoch.ts";
import { PLACE_OPTIONS, placeOf } from "./place.ts";

export const restore: Command = command({
  name: "restore",
  summary: "put a backup into an empty data directory or database, safe before the first answer",
  details:
    "The log goes on in a new epoch. No session counts any more, what ended since the backup ends again (--ends), what\n" +
    "was narrowed or may be used up is suspended, a lock holds everything shut where another policy was in force, and\n" +
    "where the ends are lost (--ends-are-lost) everything that could have ended is suspended or revoked.\n" +
    "The node that is replaced must be fenced off, or both would answer: `postern fence` ends the log of its database.\n" +
    "--old-is-fenced says that this was done, or that it is gone for good. A restore that fails is run again: until it\n" +
    "is finished nothing opens what it put back.",
  operands: { folder: { about: "the folder of the backup" } },
  options: {
    ...PLACE_OPTIONS,
    keyring: {
      type: "text",
      value: "<folder>",
      about: "the newest keyring backup (default: the same folder)",
    },
    ends: {
      type: "text",
      value: "<file>",
      about: "ends.jsonl of the node that is replaced, beside its signed head",
    },
    "ends-are-lost": { type: "flag", about: "there is no such file: suspend everything" },
    epoch: {
      type: "text",
      value: "<number>",
      about:
        "in which the log goes on, as `postern fence` printed it (default: after every one that is known)",
    },
    "old-is-fenced": { type: "flag", about: "the replaced node can no longer answer" },
    admin: {
      type: "text",
      value: "<type:id>",
      about: "who gets an administrator's token, such as `user:ben`",
    },
  },
  examples: [
    {
      about: "onto a new machine",
      line: "postern restore /backup/2026-11-22 --data-dir /var/lib/postern --ends /kept/ends.jsonl --epoch 2 --old-is-fenced --admin user:ben",
    },
  ],
  run: async (run, { operands, options }) => {
    const [type = "", ...rest] = (options.admin ?? "").split(":");
    const id = rest.join(":");
    if (type === "" || id === "") throw new UsageError("expected --admin with a person, such as `user:ben`");
    if ((options.ends === undefined) !== options["ends-are-lost"])
      throw new UsageError("expected either --ends with a file, or --ends-are-lost");
    if (!options["old-is-fenced"])
      throw new UsageError(
        "expected --old-is-fenced: while the replaced node answers, two logs would go on",
        "`postern fence` ends its log in its database",
      );
    const epoch = epochOf(options.epoch);
    const config = await placeOf(run, options);
    const server = await import("@postern/server");
    const done = await server.restore(config, {
      backup: operands.folder,
      keyring: options.keyring ?? operands.folder,
      ends: options.ends ?? null,
      epoch,
      admin: { type, id },
    });
    run.out.record({ ...done, adminToken: undefined }, [
      ["entries", String(done.size)],
      ["epoch", String(done.epoch)],
      [
        "ends",
        done.replayed === null
          ? "lost: every opt-out is suspended and every token and role revoked"
          : `${done.replayed} replayed`,
      ],
      ["suspended", `${done.suspended} opt-outs (\`postern opt-out ls --state suspended\`)`],
      ["sessions", "none count any more: people sign in again"],
    ]);
    for (const note of done.notes) run.out.note(`note: ${note}`);
    for (const finding of done.findings) run.out.note(`finding: ${finding}`);
    run.out.raw(`${done.adminToken}\n`);
    return done.findings.length === 0 ? EXIT.ok : EXIT.verificationFailed;
  },
});
