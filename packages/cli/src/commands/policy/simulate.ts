import type { SimulationEvent, SimulationQuery, SimulationReport } from "@postern/sdk";
import { OUTCOMES, oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import type { Context } from "../../context.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { EXIT } from "../../exit-code.ts";
import { CommandError, messageOf, UsageError } from "../../failure.ts";
import { ago, count } from "../../moment.ts";
import { printable } from "../../output/table.ts";
import type { Run } from "../../run.ts";
import { policyFiles } from "./directory.ts";
import { incomplete, reportText } from "./simulation-text.ts";

const FACTS = ["recorded", "now"] as const;

export const simulate: Command = command({
  name: "policy simulate",
  summary: "see what a policy would have answered to what was asked; changes nothing",
  details: [
    "Decides the recorded decisions of a span again under a candidate: a directory, or a published revision. `--facts",
    "recorded` takes what was known then, `--facts now` the attributes, states, signals, opt-outs and locks of today.",
    "Exit code 5 where anything would widen: somebody would not face a control, an opt-out would reach more, or the",
    "compiler cannot prove the candidate to be no wider. Exit code 10 where nothing was decided, or not all: a limit, or",
    "a file that broke off or has lines that are not of this deployment.",
  ].join("\n"),
  operands: { directory: { about: "the policy directory (default .)", count: "optional" } },
  options: {
    revision: { type: "text", value: "<id>", about: "a published revision instead of a directory" },
    since: { type: "text", value: "<when>", about: "from here on: a time, or `7d` ago (default 24h)" },
    until: { type: "text", value: "<when>", about: "up to here (default now)" },
    facts: { type: "text", value: "<which>", about: "`recorded` (default) or `now`" },
    file: {
      type: "text",
      value: "<file>",
      about: "decisions of this export (`postern decision export`), not of the decision log",
    },
    limit: { type: "text", value: "<n>", about: "at most so many decisions, the newest (default 100000)" },
    subject: { type: "text", value: "<type:id>", about: "only decisions about this subject" },
    outcome: { type: "text", value: "<outcome>", about: `only those answered ${OUTCOMES.join(", ")}` },
  },
  examples: [
    {
      about: "on decisions that were kept",
      line: "postern policy simulate ./policy --file decisions.jsonl",
    },
    { about: "before publishing", line: "postern policy simulate ./policy --since 7d" },
    {
      about: "in continuous integration",
      line: "postern policy simulate --revision pol_0123456789abcdefghjkmnpqrs -o json",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    if (operands.directory !== undefined && options.revision !== undefined)
      throw new UsageError("expected a directory or --revision, got both");
    const subject = optionalEntityName(options.subject, "--subject");
    const outcome = oneOf(options.outcome, OUTCOMES, "--outcome");
    const candidate =
      options.revision === undefined
        ? { files: await policyFiles({ context, out }, operands.directory ?? ".") }
        : { revision: options.revision };
    const query: SimulationQuery = {
      ...candidate,
      facts: oneOf(options.facts, FACTS, "--facts") ?? "recorded",
      ...(options.since === undefined ? {} : { since: ago(options.since, "since", context.now()) }),
      ...(options.until === undefined ? {} : { until: ago(options.until, "until", context.now()) }),
      ...(options.limit === undefined ? {} : { limit: count(options.limit, "--limit") }),
      ...(subject === undefined ? {} : { subject }),
      ...(outcome === undefined ? {} : { outcome }),
    };
    const client = await run.client();
    const records = options.file === undefined ? null : await piecesOf(context, options.file);
    const report = await follow(
      run,
      options.file ?? null,
      client.policy.simulate(query, {
        signal: context.signal,
        ...(records === null ? {} : { records }),
      }),
    );
    if (report === null) {
      throw new CommandError(
        EXIT.unavailable,
        "the simulation broke off before its report",
        "run it again, over a shorter span where it breaks off each time",
      );
    }
    out.show(report, () => reportText(report));
    if (report.widens) return EXIT.wouldWiden;
    return incomplete(report) === null ? EXIT.ok : EXIT.undecided;
  },
});

async function piecesOf({ files }: Context, file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await files.chunks(file);
  } catch (error) {
    throw new UsageError(`\`${file}\` cannot be read`, messageOf(error));
  }
}

/** Says what happens while it happens, on standard error: whole lines, which a screen reader reads once each. */
async function follow(
  run: Run,
  file: string | null,
  events: AsyncIterable<SimulationEvent>,
): Promise<SimulationReport | null> {
  const { context, out } = run;
  const { stderr } = context;
  let tenth = 0;
  let drawn = false;
  const clear = (): void => {
    if (drawn) stderr.write("\r\u001b[K");
    drawn = false;
  };
  for await (const event of events) {
    switch (event.event) {
      case "started":
        out.note(
          `simulating ${file === null ? `${event.since} to ${event.until}` : `\`${printable(file)}\``}, facts as ${event.facts === "now" ? "of now" : "recorded"}`,
        );
        break;
      case "found":
        clear();
        out.note(
          printable(
            `  ${event.before} to ${event.after}: ${event.subject ?? "a visitor"} ${event.action} ${event.resource} (${event.decision})`,
          ),
        );
        break;
      case "progress": {
        const text = `${event.decisions} decisions, ${event.changed} changed, ${Math.floor(event.done * 100)} %`;
        const reached = Math.floor(event.done * 10);
        if (stderr.isTerminal) {
          clear();
          stderr.write(text);
          drawn = true;
        } else if (reached > tenth) out.note(text);
        tenth = Math.max(tenth, reached);
        break;
      }
      case "report":
        clear();
        return event.report;
      default:
        event satisfies never;
    }
  }
  clear();
  return null;
}
