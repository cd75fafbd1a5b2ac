import type { IncomingMessage } from "node:http";
import { carriesSession } from "../enforcement/session-handle.ts";

/** What of a request is read. */
export type Bringing = Pick<IncomingMessage, "headers" | "headersDistinct">;

export type Scheme = "Bearer" | "DPoP";

/** What a request brings in its `Authorization`, before anything of it is believed. */
export type Presented =
  | { readonly kind: "none" }
  | {
      readonly kind: "token";
      readonly scheme: Scheme;
      readonly token: string;
      /** The value of `DPoP` (RFC 9449 section 4.1); null where it is not there once. */
      readonly proof: string | null;
    }
  /** It could be read in two ways. */
  | { readonly kind: "ambiguous"; readonly scheme: Scheme; readonly detail: string };

const LONGEST = 4_096;
/** Named anywhere in the value, a scheme of ours makes it ours: another reader could take that part of it. */
const OURS = /(?:^|[,\s])(bearer|dpop)(?:[\s,]|$)/i;
/** RFC 6750 section 2.1. */
const ONE = /^(bearer|dpop) +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * Reads the header alone: a token in a query or a body is none (RFC 6750 sections 2.2 and 2.3 are not spoken here). The
 * credentials of other schemes are the application's.
 */
export function presentedToken(request: Bringing): Presented {
  const { authorization: given = [], dpop = [] } = request.headersDistinct;
  const named = given.map((one) => OURS.exec(one)?.[1]).find((one) => one !== undefined);
  if (named === undefined) return { kind: "none" };
  const scheme = schemeOf(named);
  const ambiguous = (detail: string): Presented => ({ kind: "ambiguous", scheme, detail });
  if (given.length > 1) return ambiguous("expected one `Authorization` header, got several");
  const [, first = "", token = ""] = ONE.exec(given[0] ?? "") ?? [];
  if (token === "") return ambiguous("expected one scheme and one token in `Authorization`");
  if (token.length > LONGEST) return ambiguous(`expected a token of at most ${LONGEST} characters`);
  // Which of the two a request is by would be for each reader to guess, and a page could add the other.
  if (carriesSession(request.headers))
    return ambiguous("expected a session or an access token, got both in one request");
  const [proof = null, ...more] = dpop;
  return { kind: "token", scheme: schemeOf(first), token, proof: more.length === 0 ? proof : null };
}

function schemeOf(text: string): Scheme {
  return text.toLowerCase() === "dpop" ? "DPoP" : "Bearer";
}
