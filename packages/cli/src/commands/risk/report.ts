import { type Command, command } from "../../command.ts";
import { ago } from "../../moment.ts";
import { reportText } from "./report-text.ts";

export const report: Command = command({
  name: "risk report",
  summary: "show where risk asked for more, whether it was needed, and what other thresholds would have done",
  details: [
    "By rule, signal and factor: challenges met, abandoned, marked unneeded and marked right (`postern decision mark`,",
    "and people on their own page). It reads the decision log, the newest 100,000 decisions at most, and changes nothing.",
  ].join("\n"),
  operands: {},
  options: {
    since: { type: "text", value: "<when>", about: "from here on: a time, or `30d` ago (default 7d)" },
    until: { type: "text", value: "<when>", about: "up to here (default now)" },
    json: { type: "flag", about: "the same as `-o json`" },
  },
  examples: [
    { about: "the last week", line: "postern risk report" },
    { about: "all that is kept, for a program", line: "postern risk report --since 30d --json" },
  ],
  run: async (run, { options }) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await client.risk.report(
      {
        ...(options.since === undefined ? {} : { since: ago(options.since, "since", context.now()) }),
        ...(options.until === undefined ? {} : { until: ago(options.until, "until", context.now()) }),
      },
      { signal: context.signal },
    );
    if (options.json) out.raw(`${JSON.stringify(found, null, 2)}\n`);
    else out.show(found, () => reportText(found));
    return undefined;
  },
});
