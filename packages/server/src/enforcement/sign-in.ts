import { authenticationChallenge, POSTERN, sessionIsLive } from "@postern/core";
import type { Answer } from "@postern/service";
import type { ReturnPaths } from "../return-path.ts";

/**
 * Where a person goes to meet a challenge, with the signed way back to `path`: a visitor to the Protection's
 * sign-in, someone who is signed in to its second step. Null where policy names no place, or names Postern and
 * `own`, the path under which this listener leads there, is null.
 */
export function signInFor(
  answer: Answer,
  path: string,
  returns: ReturnPaths,
  own: string | null,
): string | null {
  if (answer.decision.outcome !== "challenge") return null;
  const signedIn = answer.session !== null && sessionIsLive(answer.session, answer.at);
  for (const { challenge, reason } of answer.decision.unmet) {
    if (challenge === null || challenge.kind === "request-access" || challenge.signIn === null) continue;
    const { url, stepUp } = challenge.signIn;
    const place = signedIn ? (stepUp ?? url) : url;
    if (place !== POSTERN) return returns.attach(place, path);
    if (own === null) return null;
    const wanted = authenticationChallenge(answer.decision);
    const asked = new URLSearchParams({ acr: wanted?.acrValues ?? "aal1", reason });
    if (wanted !== null && wanted.maxAge !== null) asked.set("max_age", String(wanted.maxAge));
    return returns.attach(`${own}?${asked}`, path);
  }
  return null;
}
