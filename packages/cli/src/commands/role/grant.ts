import { oneOf, ROLES } from "../../choice.ts";
import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";
import { UsageError } from "../../failure.ts";
import { noteWaiting } from "../unreviewed/view.ts";
import { showRole } from "./view.ts";

export const grant: Command = command({
  name: "role grant",
  summary: "let a person help to run this deployment",
  details: `Roles: ${ROLES.join(", ")}. The person can sign in already: postern account invite comes first.\nAll but auditor take a second administrator, where there is one.`,
  operands: { person: { about: "who, such as user:olga" }, role: { about: "which role" } },
  options: {},
  examples: [{ about: "somebody to decide on opt-outs", line: "postern role grant user:olga approver" }],
  run: async (run, { operands }) => {
    const person = entityName(operands.person, "<person>");
    const role = oneOf(operands.role, ROLES, "<role>");
    if (role === undefined) throw new UsageError("expected a role");
    const client = await run.client();
    const granted = await client.roles.grant(person, role, { signal: run.context.signal });
    showRole(run, granted.role, granted);
    if (granted.waits !== undefined) noteWaiting(run, granted.waits);
    return undefined;
  },
});
