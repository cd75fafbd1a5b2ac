import { type Command, command } from "../../command.ts";
import { entityName } from "../../entity-name.ts";

export const links: Command = command({
  name: "account links",
  summary: "list the identity providers by which a person signs in",
  operands: { name: { about: "the person, such as user:ana" } },
  options: {},
  examples: [{ about: "where ana comes from", line: "postern account links user:ana" }],
  run: async (run, { operands }) => {
    const client = await run.client();
    const found = await client.accounts.links(entityName(operands.name, "<name>"), {
      signal: run.context.signal,
    });
    run.out.list(
      found,
      [
        { heading: "ID", cell: ({ id }) => id },
        { heading: "ISSUER", cell: ({ issuer }) => issuer ?? "unreadable" },
        { heading: "THERE", cell: ({ label }) => label },
        { heading: "SINCE", cell: ({ enrolledAt }) => enrolledAt },
        { heading: "LAST USED", cell: ({ usedAt }) => usedAt ?? "never" },
      ],
      "signs in here alone",
    );
    return undefined;
  },
});
