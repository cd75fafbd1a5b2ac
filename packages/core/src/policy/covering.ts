import { stricter } from "../vocabulary/assurance.ts";
import type { Condition } from "./condition/index.ts";
import type { Covering, Demand, Protection, Reads, StepUp } from "./revision.ts";

/** Works out what follows from these Protections; the caller keeps it for as long as it keeps them. */
export function covering(protections: readonly Protection[]): Covering {
  const permits = protections.flatMap(({ permit }) =>
    permit === null ? [] : [permit.map(({ when }) => when)],
  );
  const enforced = protections.filter(({ mode }) => mode === "enforce");
  const made: { -readonly [Key in keyof Covering]: Covering[Key] } = {
    protections,
    enforced: null as never,
    warn: protections.some(({ mode }) => mode === "warn"),
    as: protections.findLast((protection) => protection.as !== null)?.as ?? null,
    permits,
    reads: readsOf(permits.flat()),
    demand: askedBy(protections),
  };
  made.enforced = enforced.length === protections.length ? made : covering(enforced);
  return made;
}

export function readsOf(conditions: readonly Condition[]): Reads {
  const names = new Set(conditions.flatMap(({ reads }) => reads));
  const any = (variable: string): boolean =>
    [...names].some((name) => name === variable || name.startsWith(`${variable}.`));
  return {
    resource: any("resource"),
    action: any("action"),
    session: any("session"),
    sessionTimes: any("session.authTime") || any("session.startedAt") || any("session.expiresAt"),
    states: any("state"),
    clock: any("time"),
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
  for (const protection of protections) {
    assurance = stricter(assurance, protection.assurance);
    floor = stricter(floor, protection.floor);
    stepUp = strictestStepUp(stepUp, protection.stepUp);
    sensitive ||= protection.sensitive;
    if (protection.lease !== null) leases.push(protection.lease);
    // The deepest Protection knows best where its own people sign in.
    signIn = protection.signIn ?? signIn;
  }
  return { assurance, stepUp, floor, sensitive, leases, signIn };
}
