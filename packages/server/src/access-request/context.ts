import { type Decision, formatInstant, instant, type Token } from "@postern/core";
import type { AccessTask, Answer, Question } from "@postern/service";
import { isFields } from "../access/question.ts";
import { hasScope } from "../auth/bearer.ts";
import type { Wiring } from "../wiring.ts";
import { bindingHash, boundMembers, scopeHash } from "./binding-hash.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where requests go, below the address of the control plane. */
export const REQUESTS = "/access/v1/requests";

/** How long after a refusal it can be asked about, in milliseconds. */
const REQUESTABLE_FOR = 10 * 60_000;
/** Seconds after which to ask again where a grant has yet to begin. */
const LATER = 60;

/** What the access-request profile (draft, June 2026) adds to the context of an answer. */
export interface AccessRequestContext {
  readonly reason?: string;
  readonly access_request?: Readonly<Record<string, unknown>>;
  readonly approval?: { readonly id: string; readonly approved_until: string };
  readonly next_action?: "request" | "retry" | "none";
  readonly retry_after?: number;
}

type Parts = Pick<Wiring, "service" | "accessTokens" | "places">;

/**
 * A refusal that an offer could answer says so, to a token that may also ask; an approval that was presented is told
 * apart. Neither has a part in the decision, which is made before: an approval is never a pass.
 */
export function accessRequestContext(
  answer: Answer,
  asked: { readonly body: Fields; readonly question: Question },
  token: Token,
  parts: Parts,
): AccessRequestContext {
  const { outcome } = answer.decision;
  const allowed = outcome === "permit" || outcome === "honour";
  const presented = isFields(asked.body.context) ? asked.body.context.approval : undefined;
  if (allowed)
    return presented === undefined ? NOTHING : enforceable(presented, answer, asked.body, token, parts);
  const requestable = hasScope(token, ["opt-outs.request"])
    ? requestableOf(answer, asked, token, parts)
    : NOTHING;
  if (presented === undefined) return requestable;
  const refused = refusedApproval(presented, asked.body, token, parts);
  // "request" without something to ask with would be "none" to every reader.
  const next = refused.next === "request" && requestable.access_request === undefined ? "none" : refused.next;
  return {
    ...(next === "request" ? requestable : {}),
    reason: refused.reason,
    next_action: next,
    ...(next === "retry" ? { retry_after: LATER } : {}),
  };
}

const NOTHING: AccessRequestContext = {};

function requestableOf(
  { decision, at, id }: { readonly decision: Decision; readonly at: Answer["at"]; readonly id: string },
  { body, question }: { readonly body: Fields; readonly question: Question },
  token: Token,
  { service, accessTokens, places }: Parts,
): AccessRequestContext {
  const found = service.accessRequests.requestable(question, decision);
  const members = boundMembers(body.context);
  const hash = found === null ? null : bindingHash(body, members);
  if (found === null || hash === null) return NOTHING;
  const expiresAt = instant(Math.floor((at + REQUESTABLE_FOR) / 1000) * 1000);
  const endpoint = `${places.control()}${REQUESTS}`;
  return {
    reason: "approval_required",
    access_request: {
      endpoint,
      template: found.offer,
      expires_at: formatInstant(expiresAt),
      binding_token: accessTokens.bind({
        iss: places.control(),
        aud: endpoint,
        iat: Math.floor(at / 1000),
        exp: expiresAt / 1000,
        evaluation_id: id,
        denial_expires_at: formatInstant(expiresAt),
        binding_context_members: members,
        binding_hash: hash,
        client: token.id,
        revision: found.revision,
        offer: found.offer,
        holder: found.holder,
        action: found.action,
        resource: found.resource,
      }),
      ...(Object.keys(found.titles).length === 0 ? {} : { display: { title: found.titles } }),
    },
  };
}

interface Known {
  readonly task: AccessTask;
  readonly optOut: string;
  readonly inScope: boolean;
}

/** Null: not an approval of ours, or not this caller's. */
function known(
  presented: unknown,
  body: Fields,
  token: Token,
  { service, accessTokens }: Parts,
): Known | null {
  if (!isFields(presented) || typeof presented.id !== "string") return null;
  const handle = accessTokens.resolve("apr", presented.id);
  if (handle === null) return null;
  if (handle.client !== token.id && !service.accessRequests.samePerson(token, handle.client)) return null;
  const task = service.accessRequests.task(handle.optOut);
  return task === null ? null : { task, optOut: handle.optOut, inScope: handle.scope === scopeHash(body) };
}

/** The bound of enforcement, where what was approved is what is honoured. */
function enforceable(
  presented: unknown,
  answer: Answer,
  body: Fields,
  token: Token,
  parts: Parts,
): AccessRequestContext {
  const found = known(presented, body, token, parts);
  if (found === null || !found.inScope || !isFields(presented) || typeof presented.id !== "string")
    return NOTHING;
  if (!answer.decision.waived.some(({ optOut }) => optOut === found.optOut)) return NOTHING;
  return { approval: { id: presented.id, approved_until: formatInstant(found.task.endsAt) } };
}

function refusedApproval(
  presented: unknown,
  body: Fields,
  token: Token,
  parts: Parts,
): { readonly reason: string; readonly next: "request" | "retry" | "none" } {
  const found = known(presented, body, token, parts);
  if (found === null || !found.task.granted) return { reason: "approval_unverifiable", next: "none" };
  if (!found.inScope) return { reason: "out_of_scope", next: "request" };
  switch (found.task.state) {
    case "scheduled":
    case "suspended":
      return { reason: "grant_pending", next: "retry" };
    case "active":
      return { reason: "policy_denied", next: "none" };
    case "pending":
    case "expired":
    case "revoked":
    case "denied":
    case "withdrawn":
    case "lapsed":
      return { reason: "approval_expired", next: "request" };
    default:
      return found.task.state satisfies never;
  }
}
