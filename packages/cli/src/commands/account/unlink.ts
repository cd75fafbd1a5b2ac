import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";

export const unlink: Command = command({
  name: "account unlink",
  summary: "take away an identity provider by which a person signs in",
  details: "Sessions that rest on it end. The last way to sign in stays: delete the person instead.",
  operands: {
    name: { about: "the person, such as user:ana" },
    id: { about: "the link (fac_…), as `account links` shows it" },
  },
  options: {},
  examples: [
    { about: "she left the company", line: "postern account unlink user:ana fac_0123456789abcdefghjkmnpqrs" },
  ],
  run: async (run, { operands }) => {
    const name = entityName(operands.name, "<name>");
    const client = await run.client();
    await client.accounts.unlink(name, operands.id, { signal: run.context.signal });
    run.out.record({ ...name, unlinked: operands.id }, [["unlinked", operands.id]]);
    return undefined;
  },
});
