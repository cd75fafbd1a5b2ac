import { type Command, command } from "../../command.ts";
import { entityName, nameText } from "../../entity-name.ts";

export const invite: Command = command({
  name: "account invite",
  summary: "make a link by which a person begins to sign in with Postern",
  details:
    "The link is good once and for a day: whoever opens it chooses the account's password.\nAn account that has a way to sign in already is not invited again.",
  operands: { name: { about: "the person, such as user:ana" } },
  options: {},
  examples: [{ about: "a new colleague", line: "postern account invite user:ana" }],
  run: async (run, { operands }) => {
    const name = entityName(operands.name, "<name>");
    const client = await run.client();
    const { url, expiresAt } = await client.accounts.invite(name, { signal: run.context.signal });
    run.out.record({ ...name, url, expiresAt }, [
      ["for", nameText(name)],
      ["link", url],
      ["good until", expiresAt],
    ]);
    return undefined;
  },
});
