import { inTime } from "../policy/covering.ts";
import type { Covering, Policy } from "../policy/revision.ts";
import type { Now } from "../vocabulary/instant.ts";
import type { Decision, Outcome } from "./decision.ts";
import { answer, GOVERNED, Judgement, presented } from "./judgement.ts";
import type { DecisionRequest, Facts } from "./request.ts";
import type { Timeouts } from "./timeouts.ts";

/**
 * Answers a request from what is in memory. Total: it never throws on data, and whatever is missing, unclear
 * or faulty leaves the control in force. Pure: the same four arguments give an equal decision. It records
 * nothing; an `honour` takes effect only once its entry is durable (Law 4).
 */
export function decide(request: DecisionRequest, facts: Facts, policy: Policy, now: Now): Decision {
  const { type, id, segments } = request.resource;
  if (segments === null) return notCanonical(facts, now);
  const found = policy.index.find(type, segments, request.action);
  const judgement = new Judgement(request, { type, id, segments }, facts, policy, now);
  const decision = whole(judgement, inTime(found, now.latest));
  if (!judgement.cameIntoForce(found)) return decision;
  // INVARIANT: time alone never widens. Observing may end for the one that says who is permitted, or that names the
  // resource anew: then the answer without it stands, where that is the stricter one.
  judgement.inTime = false;
  const before = whole(judgement, found);
  return STRICTNESS[decision.outcome] < STRICTNESS[before.outcome] ? before : decision;
}

const STRICTNESS: Readonly<Record<Outcome, number>> = { permit: 0, honour: 0, challenge: 1, deny: 2 };

/** The answer under what covers the question, with what it would be were the observed Protections enforced. */
function whole(judgement: Judgement, found: Covering): Decision {
  const all = judgement.name(found);
  const wouldBe = judgement.of(all, false);
  if (found.enforced === found && all.enforced === all) return wouldBe;
  // An observed Protection adds a would-be answer alone: it does not even name the resource anew.
  const applied = judgement.name(found.enforced);
  const decision = judgement.of(applied.enforced, true);
  return {
    ...decision,
    wouldBe: { outcome: wouldBe.outcome, warn: all.warn, protections: all.protections },
  };
}

/** What has no one meaning is governed by nothing: a visitor is asked to sign in, anyone else is refused. */
function notCanonical(facts: Facts, now: Now): Decision {
  const known = presented(facts, now).session !== null;
  const challenge = known ? null : ({ kind: "sign-in", acr: "aal1", signIn: null } as const);
  const unmet = [{ requirement: GOVERNED, reason: "path_not_canonical" as const, challenge }];
  return answer(known ? "deny" : "challenge", unmet, "unknown", null);
}

/**
 * When the session that is presented ends at this resource, judged as `decide` judges it, and by which opt-out it goes
 * on longer. Null: there is no session that counts.
 */
export function timeouts(request: DecisionRequest, facts: Facts, policy: Policy, now: Now): Timeouts | null {
  const { type, id, segments } = request.resource;
  const place = { type, id, segments: segments ?? [] };
  const judgement = new Judgement(request, place, facts, policy, now);
  const found = inTime(policy.index.find(type, place.segments, request.action), now.latest);
  return judgement.timeouts(judgement.name(found).enforced);
}
