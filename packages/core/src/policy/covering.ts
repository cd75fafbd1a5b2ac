import { stricter } from "../vocabulary/assurance.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { Condition } from "./condition/index.ts";
import type { Covering, Demand, Protection, Reads, StepUp } from "./revision.ts";

type Made = { -readonly [Key in keyof Covering]: Covering[Key] };

/** Works out what follows from these Protections; the caller keeps it for as long as it keeps them. */
export function covering(protections: readonly Protection[], share: Sharing = (value) => value): Covering {
  const made = now(protections, share);
  const ends = new Set(protections.flatMap((one) => (isObserved(one) ? (one.observeUntil ?? []) : [])));
  if (ends.size === 0) return made;
  const stages = [...ends]
    .sort((a, b) => a - b)
    .map((from) => ({
      from,
      becomes: now(
        protections.map((one) => (isDue(one, from) ? inForce(one) : one)),
        share,
      ),
    }));
  return Object.assign(made as Made, { stages });
}

/** The covering as it is at an instant: Protections whose observing has ended are in force. */
export function inTime(found: Covering, latest: Instant): Covering {
  const { stages } = found;
  let at = found;
  for (const { from, becomes } of stages) {
    if (latest < from) break;
    at = becomes;
  }
  return at;
}

function isObserved({ mode }: Protection): boolean {
  return mode !== "enforce";
}

function isDue(protection: Protection, at: Instant): boolean {
  const { observeUntil } = protection;
  return isObserved(protection) && observeUntil !== null && observeUntil <= at;
}

const twins = new WeakMap<Protection, Protection>();

/** The same Protection in force: always the same object, so that it is told apart from others by identity. */
function inForce(protection: Protection): Protection {
  let twin = twins.get(protection);
  if (twin === undefined) {
    twin = { ...protection, mode: "enforce" };
    twins.set(protection, twin);
  }
  return twin;
}

/** As if nothing ever ended. */
function now(protections: readonly Protection[], share: Sharing): Covering {
  if (protections.length === 0) return UNCOVERED;
  const enforced = protections.filter(({ mode }) => mode === "enforce");
  const made = worked(protections, share);
  if (enforced.length < protections.length) made.enforced = now(enforced, share);
  return made;
}

const NO_STAGES: Covering["stages"] = [];

/** By no Protection. There is one such covering, so that it is known by itself. */
export const UNCOVERED: Covering = worked([], (value) => value);

/** Gives for an equal value always the same one. */
export type Sharing = <Value extends object>(value: Value) => Value;

/**
 * Where many places of a tree ask for the same, they hold one object: what a decision reads then stays in the
 * caches of the processor, however many rules there are. Values are told apart by their JSON.
 */
export function sharing(): Sharing {
  const known = new Map<string, object>();
  return <Value extends object>(value: Value): Value => {
    // JSON has no word for a number that is none: written out, such an age is not taken for no age at all.
    const key = JSON.stringify(value, (_, part) => (typeof part === "number" ? `#${part}` : part));
    const found = known.get(key);
    if (found !== undefined) return found as Value;
    known.set(key, value);
    return value;
  };
}

function worked(protections: readonly Protection[], share: Sharing): Made {
  const permits = protections.flatMap(({ permit }) =>
    permit === null ? [] : [permit.map(({ when }) => when)],
  );
  const [only = null] = permits.length === 1 && permits[0]?.length === 1 ? permits[0] : [];
  const made: Omit<Made, "enforced"> & { enforced: Covering | null } = {
    demand: share(askedBy(protections)),
    only,
    permits,
    reads: share(readsOf(permits.flat())),
    as: protections.findLast((protection) => protection.as !== null)?.as ?? null,
    enforced: null,
    stages: NO_STAGES,
    protections,
    warn: protections.some(({ mode }) => mode === "warn"),
  };
  return Object.assign(made, { enforced: made as Made });
}

export function readsOf(conditions: readonly Condition[]): Reads {
  const names = new Set(conditions.flatMap(({ reads }) => reads));
  const isRead = (variable: string): boolean =>
    [...names].some((name) => name === variable || name.startsWith(`${variable}.`));
  return {
    resource: isRead("resource"),
    action: isRead("action"),
    session: isRead("session"),
    sessionTimes: isRead("session.authTime") || isRead("session.startedAt") || isRead("session.expiresAt"),
    states: isRead("state"),
    sessionAge: isRead("signals.sessionAge"),
    clock: isRead("time"),
    risk: isRead("risk"),
  };
}

/** The strictest of two: the higher assurance and the shorter age. */
export function strictestStepUp(a: StepUp | null, b: StepUp | null): StepUp | null {
  if (a === null) return b;
  if (b === null) return a;
  const maxAge =
    a.maxAge === null ? b.maxAge : b.maxAge === null || a.maxAge < b.maxAge ? a.maxAge : b.maxAge;
  return { assurance: stricter(a.assurance, b.assurance), maxAge };
}

/** Everything that these Protections ask for together, whatever the risk. */
export function askedBy(protections: readonly Protection[]): Demand {
  let assurance: Demand["assurance"] = "none";
  let floor: Demand["floor"] = "none";
  let stepUp: StepUp | null = null;
  let sensitive = false;
  let signIn: Demand["signIn"] = null;
  const leases: { readonly system: string; readonly role: string }[] = [];
  const sessionProfiles = new Set<string>();
  for (const protection of protections) {
    assurance = stricter(assurance, protection.assurance);
    floor = stricter(floor, protection.floor);
    stepUp = strictestStepUp(stepUp, protection.stepUp);
    sensitive ||= protection.sensitive;
    if (protection.lease !== null) leases.push(protection.lease);
    if (protection.sessionProfile !== null) sessionProfiles.add(protection.sessionProfile);
    // The deepest Protection knows best where its own people sign in.
    signIn = protection.signIn ?? signIn;
  }
  return { assurance, stepUp, floor, sensitive, leases, signIn, sessionProfiles: [...sessionProfiles] };
}
