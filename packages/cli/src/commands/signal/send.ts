import { assigned } from "../../assignment.ts";
import { type Command, command } from "../../command.ts";
import { entityName, nameText } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { moment } from "../../moment.ts";

/** What to do where nothing follows from it. */
const FIXES: Readonly<Record<string, string>> = {
  unmatched:
    "nobody and nothing here has that name, so nothing followed: `postern entity show <type:id>` shows whether they are known",
  "not-mapped":
    "no SignalRule in force listens to this kind from this source, so nothing followed: write one, with the kind in `signals` and the source in `from`",
  outdated: "a newer signal of this source had come before, so this one changes nothing",
};

export const send: Command = command({
  name: "signal send",
  summary: "send a security signal, which policy may suspend opt-outs and end sessions by",
  details:
    "It is in force for every decision that starts after the answer. The token needs the scope\n`signals.write`, the resource `signal:<source>` and the subject types that it speaks of.",
  operands: {
    kind: { about: "the kind, as CAEP or RISC name it, such as `risk-level-change`" },
    subject: { about: "whom it is about, `type:id`", count: "optional" },
  },
  options: {
    source: { type: "text", value: "<name>", about: "who says so, as policy names it" },
    claim: {
      type: "list",
      value: "<name=value>",
      about: "a claim of the event, such as `current_level=HIGH`",
    },
    device: { type: "text", value: "<device:id>", about: "the device that it is about" },
    session: { type: "text", value: "<id>", about: "the session that it is about (ses_…)" },
    at: { type: "text", value: "<time>", about: "when it happened (default: now)" },
    id: { type: "text", value: "<id>", about: "its name at its source (default: a random one)" },
  },
  examples: [
    {
      about: "a person is at high risk",
      line: "postern signal send risk-level-change user:ana --source idp --claim current_level=HIGH",
    },
    {
      about: "a device is no longer as it should be",
      line: "postern signal send device-compliance-change --device device:laptop-7 --source mdm --claim current_status=not-compliant",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    if (options.source === undefined) throw new UsageError("expected `--source`: who says so");
    const { subject } = operands;
    const client = await run.client();
    const receipt = await client.signals.send(
      {
        id: options.id ?? Buffer.from(context.random(16)).toString("hex"),
        source: options.source,
        type: operands.kind,
        time:
          options.at === undefined
            ? new Date(context.now()).toISOString()
            : moment(options.at, "at", context.now()),
        ...(subject === undefined ? {} : { subject: nameText(entityName(subject, "the subject")) }),
        data: {
          ...assigned(options.claim, "--claim"),
          ...(options.device === undefined ? {} : { device: entityName(options.device, "the device") }),
          ...(options.session === undefined ? {} : { session: options.session }),
        },
      },
      { signal: context.signal },
    );
    out.record(receipt, [
      ["signal", receipt.signal ?? "none"],
      ["outcome", receipt.repeated ? `${receipt.outcome} (it came before)` : receipt.outcome],
      ["opt-outs suspended", String(receipt.suspended)],
      ["sessions ended", String(receipt.sessionsEnded)],
      ["entry", receipt.entry === null ? "none" : String(receipt.entry)],
    ]);
    const fix = FIXES[receipt.outcome];
    if (fix !== undefined) out.note(fix);
    return undefined;
  },
});
