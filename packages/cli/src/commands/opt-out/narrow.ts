import { type Command, command } from "../../command.ts";
import { UsageError } from "../../failure.ts";
import { count, moment } from "../../moment.ts";
import { pairs } from "./view.ts";

export const narrow: Command = command({
  name: "opt-out narrow",
  summary: "make an opt-out smaller: fewer actions or resources, or an earlier end",
  details: "An edit of a pending request voids the approvals given so far.",
  operands: { id: { about: "the opt-out (oo_…)" } },
  options: {
    action: { type: "list", value: "<action>", about: "keep this action" },
    resource: { type: "list", value: "<pattern>", about: "keep these resources" },
    until: { type: "text", value: "<time>", about: "the new, earlier end" },
    version: { type: "text", value: "<n>", about: "the version that you looked at (default: the newest)" },
  },
  examples: [
    { about: "end it in two hours", line: "postern opt-out narrow oo_0123456789abcdefghjkmnpqrs --until 2h" },
  ],
  run: async (run, { operands, options }) => {
    const { context, out } = run;
    const { action, resource, until } = options;
    if (until === undefined && action.length === 0 && resource.length === 0) {
      throw new UsageError("expected --until, or --action and --resource");
    }
    const client = await run.client();
    const { signal } = context;
    const before = await client.optOuts.get(operands.id, { signal });
    const version = options.version === undefined ? before.version : count(options.version, "--version");
    const scope = {
      actions: action.length === 0 ? before.scope.actions : action,
      resources: resource.length === 0 ? before.scope.resources : resource,
    };
    const done = await client.optOuts.narrow(
      operands.id,
      {
        ...(action.length + resource.length === 0 ? {} : { scope }),
        ...(until === undefined ? {} : { expiresAt: moment(until, "until", context.now()) }),
      },
      { signal, version },
    );
    out.record(done, pairs(done, context.now()));
    return undefined;
  },
});
