import type { IncomingMessage } from "node:http";

/** Whether a person will see the answer as a page: a browser going somewhere, and not a script asking. */
export function showsPage(request: IncomingMessage): boolean {
  const mode = request.headers["sec-fetch-mode"];
  if (mode !== undefined) return mode === "navigate";
  return (
    request.headers["x-requested-with"] === undefined &&
    request.headers["postern-session"] === undefined &&
    request.headers.authorization === undefined &&
    acceptsPages(request.headers.accept)
  );
}

/** A page that can be asked for again after signing in. */
export function isNavigation(request: IncomingMessage): boolean {
  return (request.method === "GET" || request.method === "HEAD") && showsPage(request);
}

/** The whole window going to a page, not a frame in one: what may open the people's pages. */
export function isTopLevel(request: IncomingMessage): boolean {
  const target = request.headers["sec-fetch-dest"];
  return isNavigation(request) && (target === undefined || target === "document");
}

function acceptsPages(accept: string | undefined): boolean {
  return (accept ?? "")
    .toLowerCase()
    .split(",")
    .some((part) => part.trim().split(";")[0] === "text/html");
}

/**
 * Whether a state-changing request comes from a page of this very origin. A browser says so in headers that no
 * script can write; where it says nothing, the answer is no.
 */
export function isSameOrigin(request: IncomingMessage, own: readonly string[]): boolean {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (site !== undefined && site !== "same-origin") return false;
  if (origin !== undefined) return own.includes(origin);
  return site === "same-origin";
}

/** A whole window going to a page; or a program that is no browser, whose requests no page's script could make. */
export function mayLink(request: IncomingMessage): boolean {
  const { headers } = request;
  const script = headers.origin !== undefined || headers["x-requested-with"] !== undefined;
  return isTopLevel(request) || (headers["sec-fetch-mode"] === undefined && !script);
}
