import type { Client } from "./client.ts";
import { withoutOwnCookies } from "./cookies.ts";

/** Spoken between two neighbours only (RFC 9110 section 7.6.1), and what we answer for ourselves. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "http2-settings",
  "content-length",
  "proxy",
]);

/** What an application may take for a word about who asks, from where, by which method and for what. */
const CLAIM_PREFIXES: readonly string[] = [
  "postern-",
  "x-postern-",
  "x-forwarded-",
  "x-original-",
  "x-remote-",
  "x-auth-",
  "x-subject",
  "x-authenticated-",
  "x-envoy-",
];

const CLAIMS: ReadonlySet<string> = new Set([
  "decision-id",
  "forwarded",
  "x-forwarded",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "fastly-client-ip",
  "remote-user",
  "remote-addr",
  "x-auth",
  "x-remote",
  "x-original",
  "x-rewrite-url",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
  "postern",
]);

/**
 * Whether a header that a client sent could pass for one of ours or of a proxy's. Compared without case and
 * with every separator alike: CGI and its heirs make `Postern_Assertion` and `Postern.Assertion` one name.
 */
export function isClaim(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const bare = plain.replace(/^-+|-+$/g, "");
  return CLAIMS.has(bare) || CLAIM_PREFIXES.some((prefix) => bare.startsWith(prefix));
}

function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name.toLowerCase().replaceAll("_", "-"));
}

/** W3C Trace Context and Baggage, however their names are written. */
function isTrace(name: string): boolean {
  return ["traceparent", "tracestate", "baggage"].includes(name.toLowerCase().replaceAll("_", "-"));
}

export interface Ours {
  readonly assertion: string;
  readonly decision: string;
  readonly client: Client;
  /** Takes the place of what the client said of its trace. Omitted: that is the application's matter. */
  readonly traceparent?: string | undefined;
}

/**
 * The headers that an application receives, as a raw list: what the client sent, less what concerns only this
 * hop, less every claim, less our cookies; then ours.
 */
export function upstreamHeaders(raw: readonly string[], ours: Ours): string[] {
  const named = namedByConnection(raw);
  const headers: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    let value: string | null = raw[at + 1] ?? "";
    const lower = name.toLowerCase();
    // A Host that Connection names is still the host: leaving it out would let the upstream choose another.
    if (lower !== "host" && named.has(lower)) continue;
    if (isHopByHop(name) || isClaim(name)) continue;
    if (ours.traceparent !== undefined && isTrace(name)) continue;
    if (lower === "cookie") value = withoutOwnCookies(value);
    if (value !== null) headers.push(name, value);
  }
  headers.push(
    "Via",
    "1.1 postern",
    "Postern-Assertion",
    ours.assertion,
    "Decision-Id",
    ours.decision,
    "X-Forwarded-For",
    ours.client.forwardedFor,
    "X-Forwarded-Host",
    ours.client.host,
    "X-Forwarded-Proto",
    ours.client.protocol,
  );
  if (ours.traceparent !== undefined) headers.push("traceparent", ours.traceparent);
  return headers;
}

/** Cookies that an application may not set: all of ours but the session's, which its own login gives out. */
const OWN_COOKIE = /^\s*__Host-postern-/i;

/** What an application answered, less what concerns only this hop and what only we may say. */
export function clientHeaders(raw: readonly string[], decision: string): string[] {
  const named = namedByConnection(raw);
  const headers: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const lower = name.toLowerCase();
    if (lower === "content-length") {
      headers.push(name, raw[at + 1] ?? "");
      continue;
    }
    if (named.has(lower) || isHopByHop(name)) continue;
    if (lower === "decision-id" || lower.startsWith("postern-")) continue;
    if (lower === "set-cookie" && OWN_COOKIE.test(raw[at + 1] ?? "")) continue;
    headers.push(name, raw[at + 1] ?? "");
  }
  headers.push("Decision-Id", decision);
  return headers;
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() !== "connection") continue;
    for (const token of (raw[at + 1] ?? "").split(",")) named.add(token.trim().toLowerCase());
  }
  return named;
}
