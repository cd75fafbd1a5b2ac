/**
 * The headers of every page that Postern itself shows. Nothing loads or frames, and nothing runs but, with `script`,
 * the page's own one; the one style sheet is inside the page under its nonce. `leadsTo` is an origin to which the
 * answer to a form may lead on: browsers count that as sending the form there. The referrer policy is `same-origin`
 * only where a form needs its own origin named.
 */
export function pageHeaders(
  nonce: string,
  more: { readonly script?: boolean; readonly leadsTo?: string | null } = {},
): Readonly<Record<string, string>> {
  return {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": [
      "default-src 'none'",
      `style-src 'nonce-${nonce}'`,
      ...(more.script === true ? [`script-src 'nonce-${nonce}'`] : []),
      "img-src data:",
      `form-action 'self'${more.leadsTo === undefined || more.leadsTo === null ? "" : ` ${more.leadsTo}`}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    ...guardHeaders,
  };
}

/** What goes with every answer of ours, page or not. */
export const guardHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
};
