import { instant, isAssurance, type SessionHandle } from "@postern/core";
import type { Artifacts } from "@postern/service";

/** An access token of this provider, read, for the resource server that it was asked about. */
export interface AccessToken {
  /** The ids of the session that it is a handle of, and of whose it is. */
  readonly session: string;
  readonly subject: string;
  readonly client: string;
  /** What it says of the session. */
  readonly says: SessionHandle;
  /** The thumbprint of the key that whoever brings it must prove (RFC 9449 section 6); null: none. */
  readonly jkt: string | null;
}

/** How the provider makes opaque ones. */
const OPAQUE = /^[A-Za-z0-9_-]{43}$/;

interface Kept {
  readonly kind?: unknown;
  readonly clientId?: unknown;
  readonly aud?: unknown;
  readonly accountId?: unknown;
  readonly sessionUid?: unknown;
  readonly exp?: unknown;
  readonly jkt?: unknown;
  readonly "x5t#S256"?: unknown;
  readonly extra?: unknown;
}

/**
 * An opaque access token for one resource server; null for anything else: an unknown one, one for another, a refresh
 * token. Whether its session counts, and whether its end is past, is for whoever asks.
 */
export async function opaqueToken(
  text: string,
  { artifacts, resource }: { readonly artifacts: Pick<Artifacts, "get">; readonly resource: string },
): Promise<AccessToken | null> {
  if (!OPAQUE.test(text)) return null;
  const found = await artifacts.get("AccessToken", text);
  if (found === null || found.consumedAt !== null) return null;
  const kept = found.payload as Kept;
  if (kept.kind !== "AccessToken" || kept.aud !== resource || kept["x5t#S256"] !== undefined) return null;
  const { jkt = null } = kept;
  if (jkt !== null && typeof jkt !== "string") return null;
  return accessToken(
    {
      ...(typeof kept.extra === "object" ? kept.extra : {}),
      sid: kept.sessionUid,
      sub: kept.accountId,
      client_id: kept.clientId,
      exp: kept.exp,
    },
    jkt,
  );
}

/** The claims of an access token (RFC 9068 section 2.2); null where one that must be there is not. */
export function accessToken(
  claims: Readonly<Record<string, unknown>>,
  jkt: string | null,
): AccessToken | null {
  const { sid, sub, client_id: client, exp, acr, amr, auth_time: at } = claims;
  if (!isName(sid) || !isName(sub) || !isName(client) || !isSeconds(exp) || !isSeconds(at)) return null;
  if (typeof acr !== "string" || !isAssurance(acr) || acr === "none") return null;
  if (!Array.isArray(amr) || !amr.every((one) => typeof one === "string")) return null;
  return {
    session: sid,
    subject: sub,
    client,
    says: { acr, amr, authTime: instant(at * 1000), expiresAt: instant(exp * 1000) },
    jkt,
  };
}

function isName(given: unknown): given is string {
  return typeof given === "string" && given !== "";
}

function isSeconds(given: unknown): given is number {
  return typeof given === "number" && Number.isSafeInteger(given) && given > 0 && given < 1e11;
}
