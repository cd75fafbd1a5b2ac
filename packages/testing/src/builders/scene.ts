import {
  type Attributes,
  type Decision,
  type DecisionRequest,
  type DeviceFacts,
  decide,
  type Explanation,
  explain,
  type Facts,
  holderKey,
  type Lock,
  type LockTarget,
  NO_ATTRIBUTES,
  type Now,
  type OptOut,
  type ReasonCode,
  type Session,
  type SubjectFacts,
} from "@postern/core";
import { idOf } from "./id.ts";
import { after, anOptOut, NOW } from "./opt-out.ts";
import { anOffer, aProtection, HOUR, type PolicyParts, policyOf } from "./policy.ts";

/** Everything that a decision looks at, as plain values that a rule can change one of. */
export interface Scene {
  readonly policy: PolicyParts;
  readonly request: DecisionRequest;
  readonly session: Session | null;
  readonly subject: SubjectFacts | null;
  readonly device: DeviceFacts | null;
  readonly resource: Attributes;
  readonly optOuts: readonly OptOut[];
  readonly locks: readonly Lock[];
  /** Uses of each opt-out so far; none where nothing is said. */
  readonly uses: ReadonlyMap<string, number>;
  /** Offers whose anonymous budget is spent. */
  readonly spent: ReadonlySet<string>;
  readonly doubt: ReasonCode | null;
  readonly now: Now;
}

export function aSession(changes: Partial<Session> = {}): Session {
  return {
    id: idOf("ses", "one"),
    subject: idOf("sub", "ana"),
    device: idOf("dev", "laptop"),
    acr: "aal1",
    amr: ["pwd"],
    authTime: after(-HOUR),
    startedAt: after(-HOUR),
    expiresAt: after(8 * HOUR),
    inactivityEndsAt: null,
    revokedAt: null,
    registeredBy: "tests",
    ...changes,
  };
}

export function aLock(target: LockTarget, changes: Partial<Lock> = {}): Lock {
  return {
    id: idOf("lk", "one"),
    target,
    until: null,
    placedBy: idOf("sub", "olga"),
    placedAt: after(-HOUR),
    liftedAt: null,
    ...changes,
  };
}

export function aRequest(changes: Partial<DecisionRequest> = {}): DecisionRequest {
  return {
    subject: { type: "user", id: "ana" },
    action: "get",
    resource: { type: "route", id: "/a/b", segments: ["a", "b"] },
    given: {
      subject: NO_ATTRIBUTES,
      resource: NO_ATTRIBUTES,
      action: NO_ATTRIBUTES,
      context: NO_ATTRIBUTES,
    },
    delegated: false,
    network: null,
    ...changes,
  };
}

/** Ana on her own laptop, signed in with one factor, whose opt-out waives the second: it is honoured. */
export function aScene(changes: Partial<Scene> = {}): Scene {
  return {
    policy: { protections: [aProtection()], offers: [anOffer()], risk: null },
    request: aRequest(),
    session: aSession(),
    subject: { ref: idOf("sub", "ana"), attributes: NO_ATTRIBUTES, states: new Set() },
    device: { ref: idOf("dev", "laptop"), id: "laptop", attributes: NO_ATTRIBUTES, shared: false },
    resource: NO_ATTRIBUTES,
    optOuts: [anOptOut()],
    locks: [],
    uses: new Map(),
    spent: new Set(),
    doubt: null,
    now: { earliest: NOW, latest: NOW },
    ...changes,
  };
}

export function factsOf(scene: Scene): Facts {
  return {
    session: scene.session,
    subject: scene.subject,
    device: scene.device,
    resource: scene.resource,
    optOuts: {
      find: (holder, control) =>
        scene.optOuts.filter((one) => one.control === control && holderKey(one.holder) === holder),
    },
    locks: scene.locks,
    uses: (optOut) => scene.uses.get(optOut) ?? 0,
    budgetSpent: (offer) => scene.spent.has(offer),
    doubt: scene.doubt,
  };
}

export function decideScene(scene: Scene): Decision {
  return decide(scene.request, factsOf(scene), policyOf(scene.policy), scene.now);
}

export function explainScene(scene: Scene): Explanation {
  const policy = policyOf(scene.policy);
  const facts = factsOf(scene);
  const decision = decide(scene.request, facts, policy, scene.now);
  return explain(decision, scene.request, facts, policy, scene.now);
}

/** Whether the outcome lets the request go ahead. */
export function isOpen({ outcome }: Decision): boolean {
  return outcome === "permit" || outcome === "honour";
}
