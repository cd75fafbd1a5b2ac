import { OUTCOMES, oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import type { Context } from "../../context.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { EXIT } from "../../exit-code.ts";
import { CommandError, UsageError } from "../../failure.ts";
import { ago, count } from "../../moment.ts";

export const exportDecisions: Command = command({
  name: "decision export",
  summary: "write recorded decisions to a file, for `postern policy simulate --file`",
  details: [
    "JSON lines, newest first: of each decision what `postern decision ls` tells, and all that it rested on, sealed",
    "under the key of its person. Only the deployment that wrote it can read that, and not once the person is erased.",
    "It holds decisions about what the token may be told of.",
  ].join("\n"),
  operands: { file: { about: "a new file (default, or `-`: standard output)", count: "optional" } },
  options: {
    since: { type: "text", value: "<when>", about: "from here on: a time, or `7d` ago (default 24h)" },
    until: { type: "text", value: "<when>", about: "up to here (default now)" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100000)" },
    subject: { type: "text", value: "<type:id>", about: "only decisions about this subject" },
    outcome: { type: "text", value: "<outcome>", about: `only those answered ${OUTCOMES.join(", ")}` },
  },
  examples: [
    { about: "a week, to try policies on", line: "postern decision export decisions.jsonl --since 7d" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const subject = optionalEntityName(options.subject, "--subject");
    const outcome = oneOf(options.outcome, OUTCOMES, "--outcome");
    const query = {
      ...(options.since === undefined ? {} : { since: ago(options.since, "since", context.now()) }),
      ...(options.until === undefined ? {} : { until: ago(options.until, "until", context.now()) }),
      ...(options.limit === undefined ? {} : { limit: count(options.limit, "--limit") }),
      ...(subject === undefined ? {} : { subject }),
      ...(outcome === undefined ? {} : { outcome }),
    };
    const client = await run.client();
    let last = "";
    const text = async function* (): AsyncGenerator<string> {
      for await (const line of client.decisions.export(query, { signal: context.signal })) {
        if (line === "") continue;
        last = line;
        yield `${line}\n`;
      }
    };
    const file = operands.file === "-" ? undefined : operands.file;
    if (file === undefined) for await (const line of text()) out.raw(line);
    else await written(context, file, text());
    const end = endOf(last);
    if (end === null) {
      throw new CommandError(
        EXIT.unavailable,
        "the export broke off before its end",
        "write it again to another file, over a shorter span where it breaks off each time",
      );
    }
    const unread = end.unread > 0 ? `; ${end.unread} could not be read any more` : "";
    const more =
      end.ended === "all" ? "" : `; it ended at the ${end.ended} of one export, and there are more`;
    out.note(`${end.decisions} decisions written${file === undefined ? "" : ` to ${file}`}${unread}${more}`);
    return undefined;
  },
});

async function written({ files }: Context, file: string, text: AsyncIterable<string>): Promise<void> {
  try {
    await files.create(file, text);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EEXIST")
      throw new UsageError(`\`${file}\` is there already`, "name a file that is not there: none is replaced");
    if (code === "ENOENT" || code === "ENOTDIR")
      throw new UsageError(`\`${file}\` is in no folder`, "make the folder first");
    if (code === "EISDIR") throw new UsageError(`\`${file}\` is a folder`, "name a file in it");
    if (code === "EACCES" || code === "EROFS") throw new UsageError(`\`${file}\` cannot be written`);
    throw error;
  }
}

function endOf(
  line: string,
): { readonly decisions: number; readonly unread: number; readonly ended: string } | null {
  if (line === "") return null;
  const { end } = JSON.parse(line) as {
    readonly end?: { readonly decisions: number; readonly unread: number; readonly ended: string };
  };
  return end ?? null;
}
