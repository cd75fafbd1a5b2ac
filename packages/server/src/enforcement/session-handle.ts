import type { IncomingHttpHeaders } from "node:http";
import type { Session } from "@postern/core";
import type { Service } from "@postern/service";

export const SESSION_COOKIE = "__Host-postern";
/** What a browser carries for a minute after its trusted device proved its key. */
export const DEVICE_COOKIE = "__Host-postern-device";
const SESSION_HEADER = "postern-session";

const LONGEST = 512;

/** The value of a cookie; null where it is absent, or there twice with different values (then nothing is certain). */
export function cookieOf(header: string | undefined, name: string): string | null {
  if (header === undefined || !header.includes(name)) return null;
  let found: string | null = null;
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    if (equals < 0 || part.slice(0, equals).trim() !== name) continue;
    const value = part.slice(equals + 1).trim();
    if (found !== null && found !== value) return null;
    found = value;
  }
  return found;
}

/** Whether a request names a session at all, whatever is in it. */
export function carriesSession(headers: IncomingHttpHeaders): boolean {
  if (headers[SESSION_HEADER] !== undefined) return true;
  return (headers.cookie ?? "").split(";").some((part) => part.split("=")[0]?.trim() === SESSION_COOKIE);
}

/** The session that a client presents: by cookie, else by the header of clients without cookies. */
export function presentedSession(
  headers: IncomingHttpHeaders,
  { sessions }: Pick<Service, "sessions">,
): Session | null {
  const header = headers[SESSION_HEADER];
  const secret = cookieOf(headers.cookie, SESSION_COOKIE) ?? (typeof header === "string" ? header : null);
  return secret === null || secret === "" || secret.length > LONGEST ? null : sessions.bySecret(secret);
}

/** The proof of its device that a client presents; what is in it is checked where it is decided. */
export function presentedProof(headers: IncomingHttpHeaders): string | null {
  return cookieOf(headers.cookie, DEVICE_COOKIE);
}
