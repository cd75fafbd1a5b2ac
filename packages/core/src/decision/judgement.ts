import type { Control, Held } from "../controls/control.ts";
import { CONTROLS } from "../controls/index.ts";
import { sessionTimeout } from "../controls/session-timeout.ts";
import { endOf, type OptOut, stateOf } from "../opt-out/record.ts";
import type { Bindings, Condition } from "../policy/condition/index.ts";
import { covering, inTime, UNCOVERED } from "../policy/covering.ts";
import type { Covering, Demand, Policy, Reads } from "../policy/revision.ts";
import type { Scored } from "../risk/assessment.ts";
import { type Session, sessionIsInactive, sessionStands } from "../session/session.ts";
import { limited } from "../session/timeouts.ts";
import type { Now } from "../vocabulary/instant.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import { assess, NOT_ASSESSED } from "./assess.ts";
import { type Bound, bind, EVERYTHING, withRisk } from "./bindings.ts";
import type { Decision, NotHonoured, Outcome, Waived } from "./decision.ts";
import { atRisk } from "./demand.ts";
import type { DecisionRequest, Facts } from "./request.ts";
import type { Requirement, Unmet, WaivableRequirement } from "./requirement.ts";
import { sessionLimits } from "./session-limits.ts";
import { carriedEnd } from "./session-standing.ts";
import type { Timeouts } from "./timeouts.ts";
import { asOffered, guardrail, namedResource, type WaiverQuestion, whyNotWaived } from "./waiver.ts";

export const GOVERNED: Requirement = { kind: "governed" };
const PERMITTED: Requirement = { kind: "permitted" };
const NOTHING: readonly never[] = [];

/** Session time-out comes first and apart: it decides whether there is a session to count at all. */
const JUDGED: readonly Control[] = CONTROLS.filter((control) => control !== sessionTimeout);

/** One request against one list of Protections. Made and forgotten within `decide`. */
export class Judgement implements WaiverQuestion {
  readonly request: DecisionRequest;
  readonly policy: Policy;
  readonly risk: RiskLevel;
  readonly scored: Scored | null;
  action: string;
  resource: WaiverQuestion["resource"];
  demand: Demand;
  held: Held;
  /** SessionProfiles that risk brings upon the session now. */
  shortens: readonly string[] = NOTHING;
  /** Whether observing ends when it is said to. */
  inTime = true;
  #came = false;
  readonly #asked: WaiverQuestion["resource"];
  readonly #open: readonly RiskLevel[];
  #facts: Facts;
  readonly #now: Now;
  readonly #presented: Held;
  #before: Bound | null;
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
    this.shortens = NOTHING;
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
      ...(this.shortens.length > 0 ? { shortens: this.shortens } : {}),
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
    const { session: presented } = this.#presented;
    if (presented === null) return this.#presented;
    const applied = sessionLimits(this.policy, this.demand, presented, () => this.bindings());
    this.shortens = applied.shortens;
    const session = limited(presented, applied);
    const held = session === presented ? this.#presented : { ...this.#presented, session };
    if (!sessionStands(session, this.#now.latest)) return this.#over();
    // Where nothing is asked of the session it need not be live.
    if (this.demand.assurance === "none" && this.demand.stepUp === null) {
      if (sessionIsInactive(session, this.#now.latest)) this.#forget();
      return held;
    }
    this.held = held;
    const requirement = sessionTimeout.requirement(this.demand, held);
    if (requirement === null || sessionTimeout.unmet(requirement, held) === null) return held;
    return this.#waive(sessionTimeout, requirement) ? held : this.#over();
  }

  #over(): Held {
    this.#forget();
    return { acr: "none", session: null, facts: this.#facts, now: this.#now, sessionReason: "session_ended" };
  }

  /** Conditions read nothing of a session that is over. */
  #forget(): void {
    this.#facts = { ...this.#facts, session: null };
    this.#before = null;
    this.#bound = null;
  }

  /** Every Protection that states who is permitted must agree; at least one must state it. */
  #permitted({ permits, only, reads }: Covering): boolean {
    if (only === null && permits.length === 0) return false;
    const bound = this.#bind(reads);
    return only !== null
      ? only.evaluate(bound) === true
      : permits.every((conditions) => anyHolds(conditions, bound));
  }

  /** When the session ends where this is asked for, and what carries it further. Null: none that counts is there. */
  timeouts(matched: Covering): Timeouts | null {
    const { session: presented } = this.#presented;
    if (presented === null) return null;
    this.demand = atRisk(matched.demand, this.policy, this.risk, this.#open);
    const applied = sessionLimits(this.policy, this.demand, presented, () => this.bindings());
    const session = limited(presented, applied);
    this.held = { ...this.#presented, session };
    const requirement = sessionTimeout.requirement(this.demand, this.held);
    return { session, applied, ...this.#carrying(requirement, session) };
  }

  #carrying(
    requirement: WaivableRequirement | null,
    session: Session,
  ): Pick<Timeouts, "carried" | "ignored"> {
    let carried: Timeouts["carried"] = null;
    let ignored: Timeouts["ignored"] = null;
    const candidates = requirement === null ? NOTHING : this.#candidates(sessionTimeout);
    const barred = candidates.length === 0 ? null : guardrail(this);
    for (const optOut of candidates) {
      if (requirement === null) break;
      const reason = barred ?? whyNotWaived(optOut, sessionTimeout, requirement, this);
      if (reason !== null) {
        if (stateOf(optOut, this.#now.latest) === "active")
          ignored ??= { optOut: optOut.id, control: sessionTimeout.id, reason };
        continue;
      }
      const offered = asOffered(optOut, this.policy);
      const endsAt = carriedEnd(offered, session);
      if (carried !== null && endsAt <= carried.endsAt) continue;
      const { id, offer, inactivity = null } = offered;
      carried = { optOut: id, offer, inactivity, until: endOf(offered), endsAt };
    }
    return { carried, ignored };
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
  sessionProfiles: [],
};

/** What the session says of itself, before its time-out is judged. */
export function presented(facts: Facts, now: Now): Held {
  const { session, subject } = facts;
  const without = (sessionReason: Held["sessionReason"]): Held => ({
    acr: "none",
    session: null,
    facts,
    now,
    sessionReason,
  });
  if (session === null) return without("no_session");
  if (!sessionStands(session, now.latest)) return without("session_ended");
  if (subject === null)
    return without(sessionIsInactive(session, now.latest) ? "session_ended" : "session_of_another_subject");
  if (session.subject !== subject.ref) return without("session_of_another_subject");
  return { acr: session.acr, session, facts, now, sessionReason: "no_session" };
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

/** An answer that no Protection had a part in. */
export function answer(
  outcome: Outcome,
  unmet: readonly Unmet[],
  risk: RiskLevel,
  scored: Scored | null,
): Decision {
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
