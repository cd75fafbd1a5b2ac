import { type Command, command } from "../command.ts";
import { entityName } from "../entity-name.ts";
import { UsageError } from "../failure.ts";
import { readable } from "../readable.ts";
import { showIssued } from "./token/view.ts";

export const bootstrap: Command = command({
  name: "bootstrap",
  summary: "turn the single-use bootstrap secret into the first administrator's token",
  details:
    "The secret is read from POSTERN_BOOTSTRAP_TOKEN, from --secret-file, or from standard input. It works once.",
  operands: { person: { about: "who becomes the first administrator, such as user:ben" } },
  options: { "secret-file": { type: "text", value: "<file>", about: "a file that holds the secret" } },
  examples: [
    {
      about: "the first administrator",
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
    showIssued(run, await client.tokens.bootstrap(secret, person, { signal }));
    return undefined;
  },
});
