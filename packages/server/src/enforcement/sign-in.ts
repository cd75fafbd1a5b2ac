import { sessionIsLive } from "@postern/core";
import type { Answer } from "@postern/service";
import type { ReturnPaths } from "../return-path.ts";

/**
 * Where a person goes to meet a challenge, with the signed way back to `path`: a visitor to the Protection's
 * sign-in, someone who is signed in to its second step. Null where policy names no place.
 */
export function signInFor(answer: Answer, path: string, returns: ReturnPaths): string | null {
  if (answer.decision.outcome !== "challenge") return null;
  const signedIn = answer.session !== null && sessionIsLive(answer.session, answer.at);
  for (const { challenge } of answer.decision.unmet) {
    if (challenge === null || challenge.kind === "request-access" || challenge.signIn === null) continue;
    const { url, stepUp } = challenge.signIn;
    return returns.attach(signedIn ? (stepUp ?? url) : url, path);
  }
  return null;
}
