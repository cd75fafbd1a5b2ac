import type { IncomingHttpHeaders } from "node:http";
import type { VerifyAssertion } from "@postern/sdk";

/** What the shop believes about a request: only what Postern has signed. */
export interface AskedBy {
  /** The name of the person, or null for a guest. */
  readonly name: string | null;
  readonly session: string | null;
  readonly acr: string;
  /** The opt-outs by which this request was let through. */
  readonly optOuts: readonly string[];
}

/** Null: the request did not come through Postern, and is answered with nothing of the shop. */
export async function askedBy(
  headers: IncomingHttpHeaders,
  verify: VerifyAssertion,
): Promise<AskedBy | null> {
  const assertion = headers["postern-assertion"];
  if (typeof assertion !== "string") return null;
  try {
    const { subject, session, acr, optOuts } = await verify(assertion);
    const known = subject?.type === "user";
    return {
      name: known ? subject.id : null,
      session: known ? session : null,
      acr: known ? acr : "none",
      optOuts,
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
