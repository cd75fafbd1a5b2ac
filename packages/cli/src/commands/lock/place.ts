import type { LockRequestTarget } from "@postern/sdk";
import { CONTROLS, oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { moment } from "../../moment.ts";
import { when } from "../../output/time.ts";
import { columns } from "./view.ts";

const KINDS = ["everything", "control", "offer", "opt-out", "subject", "device", "resource"] as const;

export const place: Command = command({
  name: "lock place",
  summary: "hold opt-outs shut, whatever they say: the one-person brake",
  details: "A lock beats every opt-out and lease from the moment it is recorded. It needs no second person.",
  operands: {
    kind: { about: `one of ${KINDS.join(", ")}` },
    name: { about: "which one; nothing for `everything`", count: "optional" },
  },
  options: {
    until: { type: "text", value: "<time>", about: "when it ends by itself (default: when it is lifted)" },
    reason: { type: "text", value: "<text>", about: "why; kept sealed" },
  },
  examples: [
    {
      about: "stop honouring every opt-out, now",
      line: 'postern lock place everything --reason "incident 4112"',
    },
    { about: "one person, for a day", line: "postern lock place subject user:ana --until 24h" },
    { about: "one control", line: "postern lock place control step-up" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const target = targetOf(operands.kind, operands.name);
    const client = await run.client();
    const placed = await client.locks.place(
      {
        target,
        ...(options.until === undefined ? {} : { until: moment(options.until, "until", context.now()) }),
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      },
      { signal: context.signal },
    );
    const now = context.now();
    out.record(placed, [
      ...columns(now).map(({ heading, cell }) => [heading.toLowerCase(), cell(placed)] as const),
      [
        "in effect",
        placed.inEffect === null
          ? `not yet on every node; see \`postern nodes --entry ${placed.entry}\``
          : when(placed.inEffect, now),
      ],
    ]);
    return undefined;
  },
});

function targetOf(word: string, name: string | undefined): LockRequestTarget {
  const kind = oneOf(word, KINDS, "<kind>") ?? "everything";
  if (kind === "everything") {
    if (name !== undefined) throw new UsageError(`expected nothing after \`everything\`, got \`${name}\``);
    return { kind };
  }
  if (name === undefined) throw new UsageError(`expected which ${kind} after \`${kind}\``);
  switch (kind) {
    case "control":
      return { kind, control: oneOf(name, CONTROLS, "the control") ?? "authentication" };
    case "offer":
      return { kind, offer: name };
    case "opt-out":
      return { kind, optOut: name };
    case "resource":
      return { kind, resource: name };
    case "subject":
    case "device":
      return { kind, name: entityName(name, `the ${kind}`) };
    default:
      return kind satisfies never;
  }
}
