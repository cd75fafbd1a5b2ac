import type { Control, Held } from "../controls/control.ts";
import { CONTROLS } from "../controls/index.ts";
import { sessionTimeout } from "../controls/session-timeout.ts";
import type { OptOut } from "../opt-out/record.ts";
import type { Bindings, Condition } from "../policy/condition/index.ts";
import { covering, inTime, UNCOVERED } from "../policy/covering.ts";
import type { Covering, Demand, Policy, Reads } from "../policy/revision.ts";
import type { Scored } from "../risk/assessment.ts";
import { sessionStands } from "../session/session.ts";
import type { Now } from "../vocabulary/instant.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { assess, NOT_ASSESSED } from "./assess.ts";
import { type Bound, bind, EVERYTHING, withRisk } from "./bindings.ts";
import type { Decision, NotHonoured, Outcome, Waived } from "./decision.ts";
import { atRisk } from "./demand.ts";
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

/** Session time-out comes first and apart: it decides whether there is a session to count at all. */
const JUDGED: readonly Control[] = CONTROLS.filter((control) => control !== sessionTimeout);

/** One request against one list of Protections. Made and forgotten within `decide`. */
class Judgement implements WaiverQuestion {
  readonly request: DecisionRequest;
  readonly policy: Policy;
  readonly risk: RiskLevel;
  readonly scored: Scored | null;
  action: string;
  resource: WaiverQuestion["resource"];
  demand: Demand;
  held: Held;
  /** Whether observing ends when it is said to. */
  inTime = true;
  #came = false;
  readonly #asked: WaiverQuestion["resource"];
  readonly #open: readonly RiskLevel[];
  readonly #facts: Facts;
  readonly #now: Now;
  readonly #presented: Held;
  readonly #before: Bound | null;
  #bound: Bindings | null = null;
  #unmet: Unmet[] | null = null;
  #waived: Waived[] | null = null;
  #notHonoured: NotHonoured[] | null = null;

  constructor(
    request: DecisionRequest,
    resource: WaiverQuestion["resource"],
    facts: Facts,
    policy: Policy,
    now: Now,
  ) {
    this.request = request;
    this.action = request.action;
    this.resource = resource;
    this.#asked = resource;
    this.policy = policy;
    this.#facts = facts;
    this.#now = now;
    // Risk is bound as unknown while it is being assessed, so that no risk rule can lean on its own result.
    const { risk, attributes } = policy;
    let assessed = NOT_ASSESSED;
    let before: Bound | null = null;
    if (risk !== null) {
      const { reads = EVERYTHING } = risk;
      before = { reads, bindings: bind(request, facts, attributes, "unknown", now, reads) };
      assessed = assess(risk, facts.risk, before.bindings, request.subject === null);
    }
    this.#before = before;
    this.risk = assessed.level;
    this.scored = assessed.scored;
    this.#open = assessed.open;
    this.demand = NO_DEMAND;
    this.#presented = presented(facts, now);
    this.held = this.#presented;
  }

  bindings(): Bindings {
    this.#bound ??= this.#bind();
    return this.#bound;
  }

  #bind(reads?: Reads): Bindings {
    const { attributes } = this.policy;
    const score = this.scored?.score ?? null;
    const known =
      this.#before === null || reads === undefined ? null : withRisk(this.#before, reads, this.risk, score);
    if (known !== null) return known;
    return bind(this.request, this.#facts, attributes, this.risk, this.#now, reads, score);
  }

  /** The request under the name that a Protection gives it: what covers either name applies. */
  name(found: Covering): Covering {
    const { as } = found;
    this.action = as?.action ?? this.request.action;
    this.resource = this.#asked;
    if (as === null) return found;
    if (as.resource !== null) this.resource = namedResource(as.resource.type, as.resource.id);
    const renamed = this.policy.index.find(this.resource.type, this.resource.segments, this.action);
    const more = this.inTime ? inTime(renamed, this.#now.latest) : renamed;
    this.#came ||= more !== renamed;
    if (more === UNCOVERED) return found;
    return covering([...new Set([...found.protections, ...more.protections])]);
  }

  /** Whether anything that the answer rests on came into force by its date. */
  cameIntoForce(found: Covering): boolean {
    return this.#came || inTime(found, this.#now.latest) !== found;
  }

  of(matched: Covering, observed: boolean): Decision {
    if (matched === UNCOVERED) return this.#ungoverned(observed);
    this.demand = atRisk(matched.demand, this.policy, this.risk, this.#open);
    this.#unmet = null;
    this.#waived = null;
    this.#notHonoured = null;
    this.held = this.#count();
    if (!this.#permitted(matched)) {
      // A visitor may turn out to be somebody who is permitted; a known subject is not.
      const challenge = this.request.subject === null ? signIn(this.demand) : null;
      this.#add({ requirement: PERMITTED, reason: "not_permitted", challenge });
    }
    for (const control of JUDGED) {
      const requirement = control.requirement(this.demand, this.held);
      if (requirement === null) continue;
      const reason = control.unmet(requirement, this.held);
      if (reason === null || this.#waive(control, requirement)) continue;
      this.#add({ requirement, reason, challenge: control.challenge(requirement, this.demand) });
    }
    return {
      outcome: outcomeOf(this.#unmet, this.#waived),
      unmet: this.#unmet ?? NOTHING,
      waived: this.#waived ?? NOTHING,
      notHonoured: this.#notHonoured ?? NOTHING,
      protections: matched.protections,
      governed: true,
      risk: this.risk,
      scored: this.scored,
      wouldBe: null,
    };
  }

  /** Reached only by observed Protections: permitted, and counted as ungoverned. Reached by none: refused. */
  #ungoverned(observed: boolean): Decision {
    const unmet = observed
      ? NOTHING
      : [{ requirement: GOVERNED, reason: "not_governed" as const, challenge: null }];
    return answer(observed ? "permit" : "deny", unmet, this.risk, this.scored);
  }

  #count(): Held {
    const held = this.#presented;
    const { session } = held;
    // Where nothing is asked of the session it need not be live.
    if (session === null || (this.demand.assurance === "none" && this.demand.stepUp === null)) return held;
    this.held = held;
    const requirement = sessionTimeout.requirement(this.demand, held);
    if (requirement === null || sessionTimeout.unmet(requirement, held) === null) return held;
    if (this.#waive(sessionTimeout, requirement)) return held;
    return { acr: "none", session: null, facts: this.#facts, now: this.#now, sessionReason: "session_ended" };
  }

  /** Every Protection that states who is permitted must agree; at least one must state it. */
  #permitted({ permits, only, reads }: Covering): boolean {
    if (only === null && permits.length === 0) return false;
    const bound = this.#bind(reads);
    return only !== null
      ? only.evaluate(bound) === true
      : permits.every((conditions) => anyHolds(conditions, bound));
  }

  #waive(control: Control, requirement: WaivableRequirement): boolean {
    const candidates = this.#candidates(control);
    if (candidates.length === 0) return false;
    const barred = guardrail(this);
    for (const optOut of candidates) {
      const reason = barred ?? whyNotWaived(optOut, control, requirement, this);
      if (reason === null) {
        this.#waived ??= [];
        this.#waived.push({ requirement, optOut: optOut.id, offer: optOut.offer });
        return true;
      }
      this.#notHonoured ??= [];
      this.#notHonoured.push({ optOut: optOut.id, control: control.id, reason });
    }
    return false;
  }

  #candidates(control: Control): readonly OptOut[] {
    const { subject, device, optOuts } = this.#facts;
    // Without a session that counts, nobody has proved to be the subject: only the audience is left.
    if (this.held.session === null) return optOuts.find("anonymous", control.id);
    const own = subject === null ? NOTHING : optOuts.find(subject.ref, control.id);
    const here = device === null ? NOTHING : optOuts.find(device.ref, control.id);
    if (here.length === 0) return own;
    return own.length === 0 ? here : [...own, ...here];
  }

  #add(unmet: Unmet): void {
    this.#unmet ??= [];
    this.#unmet.push(unmet);
  }
}

function anyHolds(conditions: readonly Condition[], bound: Bindings): boolean {
  for (const condition of conditions) if (condition.evaluate(bound) === true) return true;
  return false;
}

const NO_DEMAND: Demand = {
  assurance: "none",
  stepUp: null,
  floor: "none",
  sensitive: true,
  leases: [],
  signIn: null,
};

/** What the session says of itself, before its time-out is judged. */
function presented(facts: Facts, now: Now): Held {
  const { session, subject } = facts;
  if (session === null) return { acr: "none", session: null, facts, now, sessionReason: "no_session" };
  if (subject === null || session.subject !== subject.ref)
    return { acr: "none", session: null, facts, now, sessionReason: "session_of_another_subject" };
  return sessionStands(session, now.latest)
    ? { acr: session.acr, session, facts, now, sessionReason: "no_session" }
    : { acr: "none", session: null, facts, now, sessionReason: "session_ended" };
}

function outcomeOf(unmet: readonly Unmet[] | null, waived: readonly Waived[] | null): Outcome {
  if (unmet === null) return waived === null ? "permit" : "honour";
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
  return answer(known ? "deny" : "challenge", unmet, "unknown", null);
}

/** An answer that no Protection had a part in. */
function answer(outcome: Outcome, unmet: readonly Unmet[], risk: RiskLevel, scored: Scored | null): Decision {
  return {
    outcome,
    unmet,
    waived: NOTHING,
    notHonoured: NOTHING,
    protections: NOTHING,
    governed: false,
    risk,
    scored,
    wouldBe: null,
  };
}
