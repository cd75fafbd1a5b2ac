import { type Command, command } from "../command.ts";
import { entityName, nameText } from "../entity-name.ts";
import { UsageError } from "../failure.ts";
import { readable } from "../readable.ts";
import { showIssued } from "./token/view.ts";

export const bootstrap: Command = command({
  name: "bootstrap",
  summary: "turn the single-use bootstrap secret into the first administrator",
  details:
    "The secret is read from POSTERN_BOOTSTRAP_TOKEN, from --secret-file, or from standard input. It works once.\n" +
    "With --account the person gets the role administrator and a link to choose a password by, good once and for a day,\n" +
    "and signs in with `postern login`; without it, a token. Until somebody has followed the link, it can be done again.",
  operands: { person: { about: "who becomes the first administrator, such as user:ben" } },
  options: {
    "secret-file": { type: "text", value: "<file>", about: "a file that holds the secret" },
    account: { type: "flag", about: "an account to sign in to, and no token" },
  },
  examples: [
    {
      about: "the first administrator, who signs in",
      line: "postern bootstrap user:ben --account --secret-file /run/secrets/bootstrap",
    },
    {
      about: "the first administrator, with a token",
      line: "postern bootstrap user:ben --secret-file /run/secrets/bootstrap",
    },
  ],
  run: async (run, { operands, options }) => {
    const { env, stdin, signal } = run.context;
    const file = options["secret-file"] ?? env.POSTERN_BOOTSTRAP_TOKEN_FILE;
    const given = env.POSTERN_BOOTSTRAP_TOKEN;
    const person = entityName(operands.person, "<person>");
    const secret = (
      file !== undefined ? await readable(run.context, file) : (given ?? (await stdin.read()))
    ).trim();
    if (secret === "") throw new UsageError("expected the bootstrap secret, got nothing");
    const client = await run.client({ anonymous: true });
    if (options.account) {
      const made = await client.roles.bootstrap(secret, person, { signal });
      run.out.record(made, [
        ["person", nameText(made.role.person)],
        ["role", made.role.role],
        ["link", made.invitation.url],
        ["good until", made.invitation.expiresAt],
      ]);
      run.out.note("whoever follows the link becomes the administrator: open it now, then `postern login`");
      return undefined;
    }
    showIssued(run, await client.tokens.bootstrap(secret, person, { signal }));
    return undefined;
  },
});
