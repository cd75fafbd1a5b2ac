import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a browser is moving to a page, so that a redirect reaches a person. Anything else gets a plain 401:
 * a script that follows a redirect would read the sign-in page as its answer.
 */
export function isNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  if (headers["x-requested-with"] !== undefined) return false;
  const mode = headers["sec-fetch-mode"];
  if (mode !== undefined) return mode === "navigate";
  return headers.accept?.includes("text/html") === true;
}
