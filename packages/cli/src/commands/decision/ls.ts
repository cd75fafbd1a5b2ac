import { OUTCOMES, oneOf } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { nameText, optionalEntityName } from "../../entity-name.ts";
import { toneOf } from "../../output/colour.ts";
import { when } from "../../output/time.ts";
import { everything } from "../everything.ts";
import { mattered } from "./view.ts";

export const ls: Command = command({
  name: "decision ls",
  summary: "list decisions, newest first",
  operands: {},
  options: {
    subject: { type: "text", value: "<type:id>", about: "about whom" },
    outcome: { type: "text", value: "<outcome>", about: `one of ${OUTCOMES.join(", ")}` },
    limit: { type: "text", value: "<n>", about: "at most so many (default 100)" },
  },
  examples: [{ about: "who was refused", line: "postern decision ls --outcome deny --limit 20" }],
  run: async (run, { options }) => {
    const { context, out } = run;
    const subject = optionalEntityName(options.subject, "--subject");
    const outcome = oneOf(options.outcome, OUTCOMES, "--outcome");
    const client = await run.client();
    const found = await everything(run, options.limit, (limit) =>
      client.decisions.list({
        limit,
        signal: context.signal,
        ...(subject === undefined ? {} : { subject }),
        ...(outcome === undefined ? {} : { outcome }),
      }),
    );
    out.list(
      found,
      [
        { heading: "ID", cell: ({ id }) => id },
        { heading: "OUTCOME", cell: (one) => ({ text: one.outcome, tone: toneOf(one.outcome) }) },
        { heading: "WHAT", cell: ({ action, resource }) => `${action} ${nameText(resource)}` },
        { heading: "WHO", cell: (one) => (one.subject === null ? "a visitor" : nameText(one.subject)) },
        { heading: "WHAT MATTERED", cell: mattered },
        { heading: "AT", cell: ({ at }) => when(at, context.now()) },
      ],
      "no decisions",
    );
    return undefined;
  },
});
