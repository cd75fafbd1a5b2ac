import type { Context } from "../context.ts";
import { EXIT } from "../exit-code.ts";
import { CommandError } from "../failure.ts";
import { CLIENT, type Endpoints } from "./endpoints.ts";

/** What a sign-in gave: handles of the person's session. Never printed. */
export interface Tokens {
  readonly access: string;
  readonly refresh: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** `error` is OAuth's, such as `invalid_grant`. */
type TokenAnswer =
  | { readonly ok: true; readonly tokens: Tokens }
  | { readonly ok: false; readonly error: string };

type Fields = Readonly<Record<string, unknown>>;

/** Posts a form as the command line's client. What is answered with 5xx, or not at all, is thrown. */
export async function post(
  address: string,
  form: Readonly<Record<string, string>>,
  { fetch, signal }: Context,
): Promise<{ readonly ok: boolean; readonly fields: Fields }> {
  let response: Response;
  try {
    response = await fetch(address, {
      method: "POST",
      redirect: "error",
      signal,
      headers: { accept: "application/json" },
      body: new URLSearchParams({ client_id: CLIENT, ...form }),
    });
  } catch {
    signal.throwIfAborted();
    throw new CommandError(EXIT.unavailable, "the provider cannot be reached");
  }
  if (response.status >= 500)
    throw new CommandError(EXIT.unavailable, `the provider answered ${response.status}`);
  const read: unknown = await response.json().catch(() => null);
  if (typeof read !== "object" || read === null)
    throw new CommandError(EXIT.unavailable, "the provider's answer cannot be read");
  return { ok: response.ok, fields: read as Fields };
}

/** Asks for tokens for the control plane alone (RFC 8707). */
export async function askForTokens(
  { token, resource }: Pick<Endpoints, "token" | "resource">,
  form: Readonly<Record<string, string>>,
  context: Context,
): Promise<TokenAnswer> {
  const { ok, fields } = await post(token, { ...form, resource }, context);
  if (!ok) return { ok, error: errorIn(fields) };
  const { access_token: access, refresh_token: refresh, expires_in: seconds, token_type: type } = fields;
  if (
    typeof access !== "string" ||
    typeof refresh !== "string" ||
    typeof seconds !== "number" ||
    String(type).toLowerCase() !== "bearer"
  )
    throw new CommandError(EXIT.unavailable, "the provider's answer holds no tokens");
  return { ok, tokens: { access, refresh, expiresAt: context.now() + seconds * 1000 } };
}

export function errorIn({ error }: Fields): string {
  return typeof error === "string" && /^[a-z_]{1,60}$/.test(error) ? error : "unknown";
}

/** Why nobody is signed in, in words. */
export function notSignedIn(error: string): CommandError {
  switch (error) {
    case "access_denied":
      return new CommandError(EXIT.denied, "the sign-in was not gone through with");
    case "unmet_authentication_requirements":
      return new CommandError(
        EXIT.denied,
        "your account cannot reach that level yet",
        "add a passkey or a code app on your own pages first",
      );
    case "expired_token":
      return new CommandError(EXIT.timedOut, "nobody typed the code in time");
    default:
      return new CommandError(EXIT.denied, `the sign-in was refused (${error})`);
  }
}
