import { type Assurance, stricter } from "../vocabulary/assurance.ts";
import type { Decision } from "./decision.ts";

/** The fields of an RFC 9470 challenge: what to reach, and how fresh. Ages are in seconds. */
export interface AuthenticationChallenge {
  readonly error: "insufficient_user_authentication" | null;
  readonly acrValues: Exclude<Assurance, "none"> | null;
  readonly maxAge: number | null;
}

/**
 * The challenge of an answer, for `WWW-Authenticate` (RFC 9470 section 3). `error` is null for a visitor:
 * RFC 9470 speaks of someone who is authenticated, but not well enough.
 */
export function authenticationChallenge(decision: Decision): AuthenticationChallenge | null {
  if (decision.outcome !== "challenge") return null;
  let wanted: Assurance = "none";
  let maxAge: number | null = null;
  let visitor = false;
  for (const { challenge, reason } of decision.unmet) {
    if (challenge === null || challenge.kind === "request-access") continue;
    visitor ||=
      reason === "no_session" ||
      reason === "session_ended" ||
      reason === "path_not_canonical" ||
      reason === "not_permitted";
    wanted = stricter(wanted, challenge.acr);
    if (challenge.kind === "step-up" && challenge.maxAge !== null) {
      maxAge = Math.min(maxAge ?? Number.MAX_SAFE_INTEGER, Math.floor(challenge.maxAge / 1000));
    }
  }
  return {
    error: visitor ? null : "insufficient_user_authentication",
    acrValues: wanted === "none" ? null : wanted,
    maxAge,
  };
}

/** The value of `WWW-Authenticate`. Quoted strings hold only our own words. */
export function wwwAuthenticate(
  challenge: AuthenticationChallenge,
  scheme: "Bearer" | "DPoP" = "Bearer",
): string {
  const parts = [`${scheme} realm="postern"`];
  if (challenge.error !== null) {
    parts.push(
      `error="${challenge.error}"`,
      'error_description="a higher or fresher authentication is needed"',
    );
  }
  if (challenge.acrValues !== null) parts.push(`acr_values="${challenge.acrValues}"`);
  if (challenge.maxAge !== null) parts.push(`max_age="${challenge.maxAge}"`);
  return parts.join(", ");
}
