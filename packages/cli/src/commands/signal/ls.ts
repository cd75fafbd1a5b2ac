import type { Concern } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { nameText } from "../../entity-name.ts";
import { when } from "../../output/time.ts";
import { everything } from "../everything.ts";

export const ls: Command = command({
  name: "signal ls",
  summary: "list what signals raised and still stands, and what lets it end",
  operands: {},
  options: {
    about: { type: "text", value: "<type:id>", about: "of one person or device alone" },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [
    { about: "what suspends opt-outs now", line: "postern signal ls" },
    { about: "of one person", line: "postern signal ls --about user:ana" },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const now = context.now();
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.signals.standing({
        limit,
        signal: context.signal,
        ...(options.about === undefined ? {} : { about: options.about }),
      }),
    );
    out.list(
      found,
      [
        { heading: "SIGNAL", cell: ({ signal }) => signal },
        { heading: "ABOUT", cell: ({ about }) => nameText(about) },
        { heading: "SAYS", cell: ({ kind, level }) => (level === null ? kind : `${kind} ${level}`) },
        { heading: "SOURCE", cell: ({ source }) => source },
        { heading: "RULE", cell: ({ rule }) => rule },
        { heading: "SINCE", cell: ({ since }) => when(since, now) },
        { heading: "ENDS", cell: (one) => endText(one, now) },
      ],
      "nothing stands",
    );
    return undefined;
  },
});

function endText({ resume }: Concern, now: number): string {
  const ways = [
    ...(resume.calmAt === null ? [] : [when(resume.calmAt, now)]),
    ...(resume.calmSince === "cleared" && resume.calmAt === null ? ["once its source says so"] : []),
    ...(resume.stepUp === null ? [] : [`by a step-up to ${resume.stepUp}`]),
    ...(resume.person ? ["by a person"] : []),
  ];
  return ways.length === 0 ? "never by itself" : ways.join(", or ");
}
