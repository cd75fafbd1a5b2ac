import type { Evaluation } from "@postern/sdk";
import { assigned } from "../assignment.ts";
import { type Command, command } from "../command.ts";
import { entityName } from "../entity-name.ts";
import { EXIT } from "../exit-code.ts";
import { toneOf } from "../output/colour.ts";
import { explanationText } from "./why.ts";

export const can: Command = command({
  name: "can",
  summary: "ask what would be decided; exit code 0 for yes, 1 for no",
  details:
    "Records nothing and spends no use: `honour` means that an opt-out would be honoured. `anonymous` as the subject is\n" +
    "a visitor. Without --session nobody has signed in.",
  operands: {
    subject: { about: "who, such as user:ana, or anonymous" },
    action: { about: "what, such as get or payout.create" },
    resource: { about: "to what, such as route:/reports/monthly" },
  },
  options: {
    session: { type: "text", value: "<ses_…>", about: "in this session" },
    context: { type: "list", short: "c", value: "<name=value>", about: "a fact of the request" },
    network: { type: "text", value: "<address>", about: "from this address" },
    explain: { type: "flag", about: "show every check, as `postern why` does" },
  },
  examples: [
    { about: "may a guest read the catalogue?", line: "postern can anonymous get route:/catalogue" },
    {
      about: "would ana be asked for a second step?",
      line: "postern can user:ana get route:/reports/monthly --session ses_0123456789abcdefghjkmnpqrs --explain",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const question: Evaluation = {
      ...(operands.subject === "anonymous" ? {} : { subject: entityName(operands.subject, "<subject>") }),
      action: { name: operands.action },
      resource: entityName(operands.resource, "<resource>"),
      ...(options.session === undefined ? {} : { session: options.session }),
      ...(options.network === undefined ? {} : { network: options.network }),
      ...(options.context.length === 0 ? {} : { context: assigned(options.context, "--context") }),
    };
    const client = await run.client();
    const considered = await client.decisions.consider(question, { signal: context.signal });
    const { outcome, explanation } = considered;
    out.show(considered, () => {
      const head = out.paint(toneOf(outcome), outcome);
      return options.explain
        ? `${head}\n${explanationText(explanation, out.paint)}`
        : `${head}  ${explanation.summary}\n`;
    });
    return outcome === "permit" || outcome === "honour" ? EXIT.ok : EXIT.unexpected;
  },
});
