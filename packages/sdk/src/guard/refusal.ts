import { problemDocument } from "../problem.ts";
import type { Challenge, GuardDecision, Refused } from "./outcome.ts";

/** A refusal ready to be sent, whatever the framework. */
export interface RefusalAnswer {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** `application/problem+json` (RFC 9457). */
  readonly body: string;
}

/**
 * 401 with an RFC 9470 challenge, 403, or 503 where Postern could not be asked and the guard denies. Holds what the
 * person may be told and nothing of policy.
 */
export function refusalAnswer(decision: Refused): RefusalAnswer {
  const { status, code, title } = kindOf(decision);
  const document = problemDocument({
    code,
    status,
    title,
    detail: decision.message,
    errors: [],
    decisionId: decision.decisionId,
  });
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...decisionHeaders(decision),
      ...(decision.outcome === "challenge" ? { "www-authenticate": wwwAuthenticate(decision) } : {}),
      ...(decision.stale ? { "retry-after": "5" } : {}),
    },
    body: JSON.stringify(document),
  };
}

/** The same as a web `Response`. */
export function refusalResponse(decision: Refused): Response {
  const { status, headers, body } = refusalAnswer(decision);
  return new Response(body, { status, headers });
}

export function decisionHeaders(decision: GuardDecision): Readonly<Record<string, string>> {
  return decision.decisionId === null ? {} : { "decision-id": decision.decisionId };
}

function kindOf(decision: Refused): { status: RefusalAnswer["status"]; code: string; title: string } {
  if (decision.outcome === "challenge") {
    return decision.known
      ? { status: 401, code: "challenge.step_up", title: "One more step is needed" }
      : { status: 401, code: "challenge.sign_in", title: "You need to sign in" };
  }
  return decision.stale
    ? { status: 503, code: "unavailable", title: "Not available right now" }
    : { status: 403, code: "denied", title: "Not allowed" };
}

const PLAIN = /^[\w.:/ -]{1,200}$/;

/** RFC 9470 section 3. What came from elsewhere is put in quotes only where it needs no escaping. */
function wwwAuthenticate(challenge: Challenge): string {
  const { wwwAuthenticate: whole } = challenge;
  if (whole !== undefined && /^[ -~]{1,512}$/.test(whole)) return whole;
  const parts = ['Bearer realm="postern"'];
  if (challenge.known) {
    parts.push(
      'error="insufficient_user_authentication"',
      'error_description="a higher or fresher authentication is needed"',
    );
  }
  if (challenge.acrValues !== null && PLAIN.test(challenge.acrValues)) {
    parts.push(`acr_values="${challenge.acrValues}"`);
  }
  if (challenge.maxAge !== null && challenge.maxAge >= 0) {
    parts.push(`max_age="${Math.floor(challenge.maxAge)}"`);
  }
  return parts.join(", ");
}
