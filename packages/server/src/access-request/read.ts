import { accept, type EntityName, parseInstant, type Result, refuse, type Token } from "@postern/core";
import { type OptOutRequest, type Problem, type ProblemCode, problem } from "@postern/service";
import { isFields, kindOf, questionOf } from "../access/question.ts";
import { boundTo } from "../auth/resource-binding.ts";
import type { Wiring } from "../wiring.ts";
import { bindingHash, scopeHash } from "./binding-hash.ts";
import { REQUESTS } from "./context.ts";
import type { Binding } from "./tokens.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Submission {
  readonly binding: Binding;
  /** What the task and its approval are about. */
  readonly scope: string;
  readonly request: OptOutRequest;
}

const LONGEST_REASON = 2_000;

/**
 * Reads a submission of the access-request profile, and checks that it is about a refusal that was given to this very
 * caller, for this very question, under the policy in force, and lately.
 */
export function readSubmission(
  body: Fields,
  token: Token,
  { service, accessTokens, places }: Pick<Wiring, "service" | "accessTokens" | "places">,
): Result<Submission, Problem> {
  if (body.items !== undefined)
    return wrong("request.malformed", "/items", "expected one resource and action; several are not taken");
  const question = questionOf(body, service.sessions, token.id);
  if (!question.ok) return question;
  const { subject, resource, session } = question.value;
  const { denial } = body;
  if (denial === undefined)
    return refuse(problem("access-request.not_requestable", "expected the `denial` that this is about"));
  if (!isFields(denial))
    return wrong("request.malformed", "/denial", `expected an object, got ${kindOf(denial)}`);
  if (typeof denial.binding_token !== "string" || typeof denial.expires_at !== "string")
    return wrong(
      "access-request.binding",
      "/denial",
      "expected `binding_token` and `expires_at` as answered",
    );
  const binding = accessTokens.binding(denial.binding_token);
  if (binding === null)
    return wrong("access-request.binding", "/denial/binding_token", "it was not made here, or was changed");
  const scope = scopeHash(body);
  const other = otherThan(binding, body, denial, token, places.control());
  if (other !== null || scope === null || subject === null)
    return wrong(
      "access-request.binding",
      "/denial/binding_token",
      `it belongs to another ${other ?? "question"}`,
    );
  if (service.accessRequests.now() >= binding.exp * 1000)
    return wrong("access-request.expired", "/denial/expires_at", `it ended at ${binding.denial_expires_at}`);
  if (!boundTo(token, resource.type, resource.id))
    return refuse(problem("caller.resource", "the token is bound to resources that do not include this one"));
  if (service.policy.active() !== binding.revision)
    return refuse(
      problem("access-request.not_requestable", "policy has changed since; put the question again"),
    );
  const length = lengthOf(body.requested_access, service.accessRequests.now());
  if (!length.ok) return length;
  const reason = reasonOf(body.context);
  if (!reason.ok) return reason;
  const device = session === null ? null : service.sessions.deviceOf(session);
  if (binding.holder === "device" && device === null)
    return wrong("access-request.binding", "/context", "the session's device is no longer there");
  const name: EntityName = { type: subject.type, id: subject.id };
  return accept({
    binding,
    scope,
    request: {
      offer: binding.offer,
      holder:
        binding.holder === "device" && device !== null
          ? { kind: "device", device, subject: name }
          : { kind: "subject", subject: name },
      scope: { actions: [binding.action], resources: [binding.resource] },
      ...(length.value === null ? {} : { length: length.value }),
      ...(reason.value === null ? {} : { reason: reason.value }),
    },
  });
}

/** In what a binding does not fit a submission; null: it does. */
function otherThan(
  binding: Binding,
  body: Fields,
  denial: Fields,
  token: Token,
  issuer: string,
): string | null {
  if (binding.iss !== issuer || binding.aud !== `${issuer}${REQUESTS}`) return "address";
  if (binding.client !== token.id) return "caller";
  if (binding.binding_hash !== bindingHash(body, binding.binding_context_members)) return "question";
  if (binding.denial_expires_at !== denial.expires_at) return "refusal";
  if (denial.evaluation_id !== undefined && denial.evaluation_id !== binding.evaluation_id) return "refusal";
  if (denial.template !== undefined && denial.template !== binding.offer) return "offer";
  return null;
}

/** `requested_until` as a length from now. */
function lengthOf(wanted: unknown, now: number): Result<string | null, Problem> {
  if (wanted === undefined) return accept(null);
  if (!isFields(wanted))
    return wrong("request.malformed", "/requested_access", `expected an object, got ${kindOf(wanted)}`);
  const until = wanted.requested_until;
  if (until === undefined) return accept(null);
  const at = typeof until === "string" ? parseInstant(until) : null;
  if (at?.ok !== true)
    return wrong("request.malformed", "/requested_access/requested_until", "expected an RFC 3339 time");
  const seconds = Math.floor((at.value - now) / 1000);
  return seconds > 0
    ? accept(`PT${seconds}S`)
    : wrong("request.malformed", "/requested_access/requested_until", "expected a time to come");
}

function reasonOf(context: unknown): Result<string | null, Problem> {
  const given = isFields(context) ? context.business_justification : undefined;
  if (given === undefined) return accept(null);
  return typeof given === "string" && given.length > 0 && given.length <= LONGEST_REASON
    ? accept(given)
    : wrong(
        "request.malformed",
        "/context/business_justification",
        `expected text of at most ${LONGEST_REASON} characters`,
      );
}

function wrong(
  code: ProblemCode,
  pointer: string,
  detail: string,
): { readonly ok: false; readonly refusal: Problem } {
  return refuse(problem(code, `${pointer.slice(1)}: ${detail}`, [{ pointer: `#${pointer}`, detail }]));
}
