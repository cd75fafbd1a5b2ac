import { type Client, createClient } from "@postern/sdk";
import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";
import type { GlobalValues } from "./global-options.ts";
import { accessToken } from "./login/kept-login.ts";
import { createOutput, type Output } from "./output/output.ts";
import { readable } from "./readable.ts";

const DEFAULT_URL = "http://localhost:4600";

/** What one run of a command works with. */
export interface Run {
  readonly context: Context;
  readonly out: Output;
  readonly url: string;
  /** Throws `UsageError` where no token can be found, unless the call needs none. */
  readonly client: (options?: { readonly anonymous?: boolean; readonly timeout?: number }) => Promise<Client>;
  /** As whoever has signed in with `postern login`, whatever token is at hand; null: nobody has. */
  readonly signedIn: () => Promise<Client | null>;
  /** The API token, or the access token of whoever has signed in. Throws `UsageError` where none can be found. */
  readonly token: () => Promise<string>;
  /** Asks before what is hard to undo. Throws `UsageError` where it may not ask and `--yes` is not given. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/** Throws `UsageError` for global options that cannot be. */
export function createRun(context: Context, globals: GlobalValues): Run {
  const { env } = context;
  const format = globals.output ?? "table";
  if (format !== "table" && format !== "json") {
    throw new UsageError(`expected \`table\` or \`json\` for --output, got \`${format}\``);
  }
  const out = createOutput(context, format, globals.quiet);
  const url = globals.url ?? filled(env.POSTERN_URL) ?? DEFAULT_URL;

  const token = async (): Promise<string> => {
    const given = filled(env.POSTERN_TOKEN);
    const file = globals["token-file"] ?? filled(env.POSTERN_TOKEN_FILE);
    if (globals["token-file"] === undefined && given !== undefined) {
      if (file !== undefined) throw new UsageError("expected POSTERN_TOKEN or POSTERN_TOKEN_FILE, got both");
      return given.trim();
    }
    if (file === undefined) {
      const signedIn = await accessToken(url, context);
      if (signedIn !== null) return signedIn;
      throw new UsageError(
        "no token",
        "sign in with `postern login`, or set POSTERN_TOKEN, or POSTERN_TOKEN_FILE to a file that holds one; `postern bootstrap --help` makes the first administrator",
      );
    }
    return (await readable(context, file)).trim();
  };

  const clientWith = (bearer: string | null, timeout: number | undefined): Client => {
    try {
      return createClient({
        url,
        fetch: context.fetch,
        app: "postern-cli",
        ...(timeout === undefined ? {} : { timeout }),
        ...(bearer === null ? {} : { token: bearer }),
      });
    } catch (error) {
      if (error instanceof TypeError) throw new UsageError(error.message, "see POSTERN_URL and --url");
      throw error;
    }
  };

  return {
    context,
    out,
    url,
    token,
    client: async ({ anonymous = false, timeout } = {}) =>
      clientWith(anonymous ? null : await token(), timeout),
    signedIn: async () => {
      const access = await accessToken(url, context);
      return access === null ? null : clientWith(access, undefined);
    },
    confirm: async (question) => {
      if (globals.yes) return true;
      if (globals["no-input"] || !context.stdin.isTerminal) {
        throw new UsageError("this needs someone to say yes", "add --yes once you are sure");
      }
      context.stderr.write(`${question} [y/N] `);
      return /^y(es)?$/i.test((await context.stdin.line()).trim());
    },
  };
}

function filled(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
