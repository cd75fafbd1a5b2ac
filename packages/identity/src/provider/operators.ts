import type { Artifacts } from "@postern/service";
import type { ClientMetadata } from "oidc-provider";

/** The command line: built in, public, and good for one resource alone. */
export const OPERATORS_CLIENT = "postern-cli";

/** Loopback addresses of any port (RFC 8252 section 7.3), and the code of a device (RFC 8628). */
export const operatorsMetadata: ClientMetadata = {
  client_id: OPERATORS_CLIENT,
  client_name: "Postern's command line",
  application_type: "native",
  token_endpoint_auth_method: "none",
  redirect_uris: ["http://127.0.0.1/callback", "http://[::1]/callback"],
  grant_types: ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
  response_types: ["code"],
};

interface AccessTokenPayload {
  readonly kind?: unknown;
  readonly clientId?: unknown;
  readonly aud?: unknown;
  readonly accountId?: unknown;
  readonly sessionUid?: unknown;
  readonly exp?: unknown;
  readonly grantId?: unknown;
  readonly jkt?: unknown;
  readonly "x5t#S256"?: unknown;
}

/** Opaque, as the provider makes them. */
const OPAQUE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The session that an operator's access token is a handle of, and whose it is; null for any other token: one of another
 * client, for another resource, bound to a key or past its end. Whether the session counts is for whoever asks.
 */
export async function operatorsToken(
  secret: string,
  {
    artifacts,
    resource,
    now,
  }: {
    readonly artifacts: Pick<Artifacts, "get">;
    readonly resource: string;
    /** Epoch milliseconds, the latest that it can be. */
    readonly now: number;
  },
): Promise<{ readonly session: string; readonly subject: string } | null> {
  if (!OPAQUE.test(secret)) return null;
  const found = await artifacts.get("AccessToken", secret);
  if (found === null || found.consumedAt !== null) return null;
  const token = found.payload as AccessTokenPayload;
  const { sessionUid: session, accountId: subject, exp } = token;
  const isOurs =
    token.kind === "AccessToken" && token.clientId === OPERATORS_CLIENT && token.aud === resource;
  const isBound = token.jkt !== undefined || token["x5t#S256"] !== undefined;
  // A token that was saved after its grant ended is worth as little as one from before.
  if (typeof token.grantId !== "string" || (await artifacts.get("Grant", token.grantId)) === null)
    return null;
  if (!isOurs || isBound || typeof exp !== "number" || now >= exp * 1000) return null;
  return typeof session === "string" && typeof subject === "string" ? { session, subject } : null;
}
