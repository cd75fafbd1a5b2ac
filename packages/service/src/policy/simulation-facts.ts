import {
  type Attributes,
  type ControlId,
  type DecisionRequest,
  type DeviceFacts,
  type EntityRef,
  type Facts,
  type Instant,
  instant,
  type Now,
  type OptOut,
  type OptOutIndex,
  type Policy,
  type Session,
  type SubjectFacts,
  standingOf,
} from "@postern/core";
import { deviceFactsOf, isDevice, isSubject, subjectFactsOf } from "../decisions/entity-facts.ts";
import { type Recorded, restored } from "../decisions/recorded.ts";
import { type Directory, typedAttributes } from "../entities/directory.ts";
import type { State } from "../projection/state.ts";

/** What a recorded request is decided on again. */
export interface Stage {
  readonly request: DecisionRequest;
  readonly facts: Facts;
  readonly now: Now;
}

/** Subjects and devices whose facts of now are kept at a time. */
const MOST_KEPT = 20_000;

/**
 * The facts that were recorded. A decision records the opt-outs that it considered; where a candidate would ask for
 * more, the holder's other live opt-outs are considered too, as they stood at that instant.
 */
export function asRecorded(from: Recorded, policy: Policy, state: State): Stage {
  const { request, facts } = restored(from, policy);
  const recorded = new Set<string>(from.optOuts.map(({ optOut }) => optOut.id));
  const find = (holder: string, control: ControlId): readonly OptOut[] => {
    const considered = facts.optOuts.find(holder, control);
    const live = state.optOuts.find(holder, control);
    if (live.length === 0) return considered;
    const others = live.filter(({ id }) => !recorded.has(id));
    return others.length === 0 ? considered : [...considered, ...others];
  };
  return {
    request,
    facts: {
      ...facts,
      optOuts: { find },
      uses: (id) => (recorded.has(id) ? facts.uses(id) : (state.uses(id)?.used ?? 0)),
    },
    now: from.now,
  };
}

/**
 * The same request today: attributes, verified states, opt-outs, uses and locks of now. The session that was presented
 * is as old as it was then, and what the enforcement point said is what it said then.
 */
export function asOfNow(parts: {
  readonly state: State;
  readonly directory: Directory;
  readonly now: Now;
}): (from: Recorded, policy: Policy) => Stage {
  const { state, directory, now } = parts;
  const subjects = keeper<SubjectFacts | null>();
  const devices = keeper<DeviceFacts | null>();

  // Of a policy that is only tried out the directory keeps nothing.
  const attributesOf = (ref: EntityRef, of: "subject" | "device", policy: Policy): Attributes =>
    typedAttributes(directory.open(ref)?.attributes, policy.attributes.get(of), "entity");

  const subjectOf = (from: Recorded, policy: Policy): SubjectFacts | null => {
    const ref = from.subject?.ref ?? null;
    if (ref === null) return null;
    return subjects(policy, ref, () => {
      const entity = state.entity(ref);
      if (entity === undefined || !isSubject(entity) || entity.deletedAt !== null) return null;
      const attributes = attributesOf(ref, "subject", policy);
      return subjectFactsOf(entity, { state, directory, policy, attributes });
    });
  };
  const deviceOf = (from: Recorded, policy: Policy): DeviceFacts | null => {
    const ref = from.device?.ref ?? null;
    if (from.device === null || ref === null) return null;
    const today = devices(policy, ref, () => {
      const entity = state.entity(ref);
      if (entity === undefined || !isDevice(entity) || entity.deletedAt !== null) return null;
      const attributes = attributesOf(ref, "device", policy);
      return deviceFactsOf(entity, { directory, policy, attributes });
    });
    if (today === null) return null;
    const shared = from.session?.shared === true ? { shared: true } : {};
    const { trust } = from.device;
    if (trust === null || trust === undefined) return { ...today, ...shared, trust: null };
    const shift = now.latest - from.now.latest;
    const revokedAt = state.device(ref)?.revokedAt ?? null;
    return {
      ...today,
      ...shared,
      trust: {
        subject: trust.subject,
        until: revokedAt ?? moved(trust.until, shift),
        provedAt: trust.provedAt === null ? null : moved(trust.provedAt, shift),
      },
    };
  };
  return (from, policy) => {
    const { request, facts } = restored(from, policy);
    const session = from.session === null ? null : aged(from.session, now.latest - from.now.latest);
    return {
      request,
      facts: {
        session: session === null ? null : counted(session, now.latest),
        subject: subjectOf(from, policy),
        device: deviceOf(from, policy),
        resource: facts.resource,
        optOuts: state.optOuts satisfies OptOutIndex,
        locks: state.liveLocks,
        uses: (id) => state.uses(id)?.used ?? 0,
        budgetSpent: facts.budgetSpent,
        doubt: null,
        // Where a request comes from is not recorded, but what was found of it is.
        ...(facts.risk === undefined ? {} : { risk: facts.risk }),
      },
      now,
    };
  };
}

function counted(session: Session, latest: Instant): Session | null {
  const standing = standingOf(session, latest);
  return standing.acr === "none" && session.acr !== "none" ? null : { ...session, ...standing };
}

/** A session as if everything in it had happened that much later. */
function aged(session: Session, by: number): Session {
  return {
    ...session,
    authTime: moved(session.authTime, by),
    startedAt: moved(session.startedAt, by),
    expiresAt: moved(session.expiresAt, by),
    inactivityEndsAt: session.inactivityEndsAt === null ? null : moved(session.inactivityEndsAt, by),
    revokedAt: session.revokedAt === null ? null : moved(session.revokedAt, by),
    ...(session.methods === undefined
      ? {}
      : { methods: session.methods.map((one) => ({ ...one, at: moved(one.at, by) })) }),
  };
}

const LATEST = instant(Date.UTC(9999, 11, 31));

function moved(at: Instant, by: number): Instant {
  return instant(Math.min(Math.max(0, at + by), LATEST));
}

/** Keeps what was made for a policy and a reference; forgets all of it where there are too many. */
function keeper<Value>(): (policy: Policy, ref: string, make: () => Value) => Value {
  const kept = new Map<Policy, Map<string, Value>>();
  return (policy, ref, make) => {
    let of = kept.get(policy);
    if (of === undefined || of.size >= MOST_KEPT) {
      of = new Map();
      kept.set(policy, of);
    }
    const known = of.get(ref);
    if (known !== undefined) return known;
    const made = make();
    of.set(ref, made);
    return made;
  };
}
