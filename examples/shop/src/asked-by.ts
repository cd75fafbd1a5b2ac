import type { IncomingHttpHeaders } from "node:http";

/** What the shop believes about a request: only what Postern has signed. */
export interface AskedBy {
  /** The name of the person, or null for a guest. */
  readonly name: string | null;
  readonly session: string | null;
  readonly acr: string;
  /** The opt-outs by which this request was let through. */
  readonly optOuts: readonly string[];
}

/** The claims of a verified assertion. Throws where it is missing, forged, expired or for someone else. */
export type VerifyAssertion = (assertion: string) => Promise<{
  readonly sub?: string;
  readonly sub_type?: string;
  readonly sid?: string;
  readonly acr?: string;
  readonly opt_outs?: readonly string[];
}>;

/** Null: the request did not come through Postern, and is answered with nothing of the shop. */
export async function askedBy(
  headers: IncomingHttpHeaders,
  verify: VerifyAssertion,
): Promise<AskedBy | null> {
  const assertion = headers["postern-assertion"];
  if (typeof assertion !== "string") return null;
  try {
    const { sub, sub_type, sid, acr, opt_outs } = await verify(assertion);
    const known = sub_type === "user" && sub !== undefined && sid !== undefined;
    return {
      name: known ? sub : null,
      session: known ? sid : null,
      acr: known ? (acr ?? "none") : "none",
      optOuts: opt_outs ?? [],
    };
  } catch {
    return null;
  }
}

/**
 * Whether a form was sent by a page of this site. Browsers say where a form comes from; a program that says
 * nothing has no cookies of a person to misuse.
 */
export function sentFromHere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin } = headers;
  if (origin === undefined) return true;
  const host = headers["x-forwarded-host"] ?? headers.host;
  return URL.parse(origin)?.host === host;
}
