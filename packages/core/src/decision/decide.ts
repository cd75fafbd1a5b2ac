import { authentication } from "../controls/authentication.ts";
import type { Control, Demand, Held } from "../controls/control.ts";
import { identity } from "../controls/identity.ts";
import { justInTimeAccess } from "../controls/just-in-time-access.ts";
import { sessionTimeout } from "../controls/session-timeout.ts";
import { stepUp } from "../controls/step-up.ts";
import type { OptOut } from "../opt-out/record.ts";
import type { Bindings } from "../policy/condition/index.ts";
import type { Policy, Protection } from "../policy/revision.ts";
import { type Session, sessionStands } from "../session/session.ts";
import type { Now } from "../vocabulary/instant.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { bind } from "./bindings.ts";
import type { Decision, NotHonoured, Outcome, Waived } from "./decision.ts";
import { assessRisk, demandOf } from "./demand.ts";
import type { DecisionRequest, Facts } from "./request.ts";
import type { Requirement, Unmet, WaivableRequirement } from "./requirement.ts";
import { guardrail, namedResource, type WaiverQuestion, whyNotWaived } from "./waiver.ts";

const GOVERNED: Requirement = { kind: "governed" };
const PERMITTED: Requirement = { kind: "permitted" };
const NOTHING: readonly never[] = [];

/**
 * Answers a request from what is in memory. Total: it never throws on data, and whatever is missing, unclear
 * or faulty leaves the control in force. Pure: the same four arguments give an equal decision. It records
 * nothing; an `honour` takes effect only once its entry is durable (Law 4).
 */
export function decide(request: DecisionRequest, facts: Facts, policy: Policy, now: Now): Decision {
  if (request.resource.segments === null) return notCanonical(facts, now);
  const resource = { ...request.resource, segments: request.resource.segments };
  const found = policy.index.find(resource.type, resource.segments, request.action);
  const renamed = found.findLast((protection) => protection.as !== null)?.as ?? null;
  const action = renamed?.action ?? request.action;
  const named =
    renamed?.resource === null || renamed?.resource === undefined
      ? resource
      : namedResource(renamed.resource.type, renamed.resource.id);
  const matched =
    renamed === null ? found : union(found, policy.index.find(named.type, named.segments, action));
  let bound: Bindings | undefined;
  // Risk is bound as unknown while it is being assessed, so that no risk rule can lean on its own result.
  const beforeRisk = (): Bindings => {
    bound ??= bind(request, facts, "unknown", now);
    return bound;
  };
  const risk = assessRisk(policy, beforeRisk);
  let withRisk: Bindings | undefined;
  const bindings = (): Bindings => {
    withRisk ??= risk === "unknown" ? beforeRisk() : bind(request, facts, risk, now);
    return withRisk;
  };
  const question = { request, action, resource: named, facts, policy, now, risk, bindings };
  const enforced = matched.every((protection) => protection.mode === "enforce")
    ? matched
    : matched.filter((protection) => protection.mode === "enforce");
  const decision = judge(enforced, matched.length > enforced.length, question);
  if (matched.length === enforced.length) return decision;
  const wouldBe = judge(matched, false, question);
  const warn = matched.some((protection) => protection.mode === "warn");
  return { ...decision, wouldBe: { outcome: wouldBe.outcome, warn, protections: matched } };
}

interface Question {
  readonly request: DecisionRequest;
  readonly action: string;
  readonly resource: WaiverQuestion["resource"];
  readonly facts: Facts;
  readonly policy: Policy;
  readonly now: Now;
  readonly risk: RiskLevel;
  readonly bindings: () => Bindings;
}

function judge(protections: readonly Protection[], observed: boolean, question: Question): Decision {
  const { facts, risk } = question;
  if (protections.length === 0) {
    // Reached only by observed Protections: permitted, and counted as ungoverned. Reached by none: refused.
    const unmet = observed
      ? NOTHING
      : [{ requirement: GOVERNED, reason: "not_governed" as const, challenge: null }];
    return answer(observed ? "permit" : "deny", unmet, NOTHING, NOTHING, protections, risk, false);
  }
  const demand = demandOf(protections, question.policy, risk);
  const unmet: Unmet[] = [];
  const waived: Waived[] = [];
  const notHonoured: NotHonoured[] = [];
  const held = count(demand, question, waived, notHonoured);
  const waiverQuestion: WaiverQuestion = { ...question, demand, held };
  if (!permitted(protections, question.bindings)) {
    // A visitor may turn out to be somebody who is permitted; a known subject is not.
    const challenge = question.request.subject === null ? signIn(demand) : null;
    unmet.push({ requirement: PERMITTED, reason: "not_permitted", challenge });
  }
  for (const control of JUDGED) judgeControl(control, waiverQuestion, unmet, waived, notHonoured);
  const outcome = outcomeOf(unmet, waived);
  return answer(outcome, unmet, waived, notHonoured, protections, risk, true);
}

/** Session time-out comes first and apart: it decides whether there is a session to count at all. */
const JUDGED: readonly Control[] = [identity, authentication, stepUp, justInTimeAccess];

function count(demand: Demand, question: Question, waived: Waived[], notHonoured: NotHonoured[]): Held {
  const { facts, now } = question;
  const { session, reason } = presented(facts, now);
  const held: Held = { acr: session?.acr ?? "none", session, facts, now, sessionReason: reason };
  const requirement = demand.assurance === "none" ? null : sessionTimeout.requirement(demand, held);
  if (requirement === null || sessionTimeout.unmet(requirement, held) === null) return held;
  const asked: WaiverQuestion = { ...question, demand, held };
  if (waive(sessionTimeout, requirement, asked, waived, notHonoured)) return held;
  return { acr: "none", session: null, facts, now, sessionReason: "session_ended" };
}

function presented(
  facts: Facts,
  now: Now,
): { readonly session: Session | null; readonly reason: ReasonCode } {
  const { session, subject } = facts;
  if (session === null) return { session: null, reason: "no_session" };
  if (subject === null || session.subject !== subject.ref) {
    return { session: null, reason: "session_of_another_subject" };
  }
  return sessionStands(session, now.latest)
    ? { session, reason: "no_session" }
    : { session: null, reason: "session_ended" };
}

function judgeControl(
  control: Control,
  question: WaiverQuestion,
  unmet: Unmet[],
  waived: Waived[],
  notHonoured: NotHonoured[],
): void {
  const requirement = control.requirement(question.demand, question.held);
  if (requirement === null) return;
  const reason = control.unmet(requirement, question.held);
  if (reason === null || waive(control, requirement, question, waived, notHonoured)) return;
  unmet.push({ requirement, reason, challenge: control.challenge(requirement, question.demand) });
}

function waive(
  control: Control,
  requirement: WaivableRequirement,
  question: WaiverQuestion,
  waived: Waived[],
  notHonoured: NotHonoured[],
): boolean {
  const barred = guardrail(question);
  for (const optOut of candidates(control, question)) {
    const reason = barred ?? whyNotWaived(optOut, control, requirement, question);
    if (reason === null) {
      waived.push({ requirement, optOut: optOut.id, offer: optOut.offer });
      return true;
    }
    notHonoured.push({ optOut: optOut.id, control: control.id, reason });
  }
  return false;
}

function candidates(control: Control, { held }: WaiverQuestion): readonly OptOut[] {
  const { subject, device, optOuts } = held.facts;
  if (held.session === null) {
    // Without a session that counts, nobody has proved to be the subject: only the audience is left.
    return optOuts.find("anonymous", control.id);
  }
  const own = subject === null ? NOTHING : optOuts.find(subject.ref, control.id);
  const here = device === null ? NOTHING : optOuts.find(device.ref, control.id);
  if (here.length === 0) return own;
  return own.length === 0 ? here : [...own, ...here];
}

/** Every Protection that states who is permitted must agree; at least one must state it. */
function permitted(protections: readonly Protection[], bindings: () => Bindings): boolean {
  let stated = false;
  for (const { permit } of protections) {
    if (permit === null) continue;
    stated = true;
    if (!permit.some((rule) => rule.when.evaluate(bindings()) === true)) return false;
  }
  return stated;
}

function outcomeOf(unmet: readonly Unmet[], waived: readonly Waived[]): Outcome {
  if (unmet.length === 0) return waived.length === 0 ? "permit" : "honour";
  return unmet.every(({ challenge }) => challenge !== null) ? "challenge" : "deny";
}

function signIn(demand: Demand): Unmet["challenge"] {
  return {
    kind: "sign-in",
    acr: demand.assurance === "none" ? "aal1" : demand.assurance,
    signIn: demand.signIn,
  };
}

/** What has no one meaning is governed by nothing: a visitor is asked to sign in, anyone else is refused. */
function notCanonical(facts: Facts, now: Now): Decision {
  const known = presented(facts, now).session !== null;
  const challenge = known ? null : ({ kind: "sign-in", acr: "aal1", signIn: null } as const);
  const unmet = [{ requirement: GOVERNED, reason: "path_not_canonical" as const, challenge }];
  return answer(known ? "deny" : "challenge", unmet, NOTHING, NOTHING, NOTHING, "unknown", false);
}

function answer(
  outcome: Outcome,
  unmet: readonly Unmet[],
  waived: readonly Waived[],
  notHonoured: readonly NotHonoured[],
  protections: readonly Protection[],
  risk: RiskLevel,
  governed: boolean,
): Decision {
  return { outcome, unmet, waived, notHonoured, protections, governed, risk, wouldBe: null };
}

function union(a: readonly Protection[], b: readonly Protection[]): readonly Protection[] {
  return b.length === 0 ? a : [...new Set([...a, ...b])];
}
