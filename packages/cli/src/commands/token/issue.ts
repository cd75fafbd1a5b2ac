import { ASSURANCES, oneOf, SCOPES } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { optionalEntityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { moment } from "../../moment.ts";
import { showIssued } from "./view.ts";

export const issue: Command = command({
  name: "token issue",
  summary: "make an API token for a person or an application",
  details: `Scopes: ${SCOPES.join(", ")}.\nA token without --person is an application's: it approves nothing.\nWith admin, policy.activate or opt-outs.approve, or in another person's name, it opens\nnothing until a second administrator confirms, where there is one.`,
  operands: { label: { about: "a short name to find it again" } },
  options: {
    scope: { type: "list", value: "<scope>", about: "what it may do" },
    person: { type: "text", value: "<type:id>", about: "whose it is" },
    resource: { type: "list", value: "<pattern>", about: "only for these resources (default: all)" },
    "max-acr": { type: "text", value: "<level>", about: "the highest level of sessions that it registers" },
    "subject-type": {
      type: "list",
      value: "<type>",
      about: "whom it may speak of: in sessions, in signals and in streams",
    },
    expires: { type: "text", value: "<time>", about: "when it ends, such as 90d (default 30d)" },
  },
  examples: [
    {
      about: "for an application that asks",
      line: "postern token issue billing --scope decide --expires 90d",
    },
    {
      about: "for an approver",
      line: "postern token issue olga --person user:olga --scope opt-outs.approve --scope opt-outs.read",
    },
  ],
  run: async (run, { operands, options }) => {
    if (options.scope.length === 0) throw new UsageError("expected --scope at least once");
    const person = optionalEntityName(options.person, "--person");
    const maxAcr = oneOf(options["max-acr"], ASSURANCES, "--max-acr");
    const types = options["subject-type"];
    const client = await run.client();
    const issued = await client.tokens.issue(
      {
        label: operands.label,
        scopes: options.scope.map((scope) => oneOf(scope, SCOPES, "--scope") ?? "decide"),
        expiresAt: moment(options.expires ?? "30d", "expires", run.context.now()),
        ...(person === undefined ? {} : { person }),
        ...(options.resource.length === 0 ? {} : { resources: options.resource }),
        ...(maxAcr === undefined ? {} : { maxAcr }),
        ...(types.length === 0 ? {} : { subjectTypes: types }),
      },
      { signal: run.context.signal },
    );
    showIssued(run, issued);
    return undefined;
  },
});
