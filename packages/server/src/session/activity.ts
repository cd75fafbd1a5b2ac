import type { IncomingHttpHeaders } from "node:http";
import type { Session } from "@postern/core";
import type { Service } from "@postern/service";

/**
 * Whether a request says that its person is there: a browser's window going somewhere because they clicked
 * (`Sec-Fetch-User`), or a program that says so (`Activity: user`), but none of another origin's pages. Prefetches, polls,
 * frames and streams never do.
 */
export function isActivity(headers: IncomingHttpHeaders): boolean {
  const { activity, purpose, "sec-purpose": secPurpose } = headers;
  const { "sec-fetch-site": site, "sec-fetch-dest": target } = headers;
  if (activity !== undefined) return activity === "user" && (site === undefined || site === "same-origin");
  if (isPrefetch(purpose) || isPrefetch(secPurpose)) return false;
  if (target !== undefined && target !== "document") return false;
  return headers["sec-fetch-user"] === "?1" && headers["sec-fetch-mode"] === "navigate";
}

function isPrefetch(header: string | string[] | undefined): boolean {
  return typeof header === "string" && /prefetch|prerender/i.test(header);
}

/** Notes that its person is at a session, where the request says so. What cannot be noted only ends it sooner. */
export function noteActivity(
  headers: IncomingHttpHeaders,
  session: Session | null,
  network: string | null,
  { sessions }: Pick<Service, "sessions">,
): void {
  if (session === null || !isActivity(headers)) return;
  sessions.active(session, network).catch(() => undefined);
}
