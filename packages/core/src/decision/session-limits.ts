import type { Bindings } from "../policy/condition/index.ts";
import type { Demand, Policy, SessionProfile } from "../policy/revision.ts";
import type { Session } from "../session/session.ts";
import { type Limit, type Limits, limitsOf } from "../session/timeouts.ts";
import type { Duration } from "../vocabulary/duration.ts";

/** The SessionProfiles that apply to a session here, and what they come to. */
export interface AppliedLimits extends Limits {
  readonly profiles: readonly SessionProfile[];
  /** How often its person may extend it; null: any number. */
  readonly extensions: number | null;
  /** Those that risk brings upon the session now and that it does not carry yet: they stay until a reauthentication. */
  readonly shortens: readonly string[];
}

interface Concerned {
  readonly policy: Policy;
  readonly fixed: AppliedLimits;
  readonly conditional: readonly SessionProfile[];
}

const NONE: readonly never[] = [];
const known = new WeakMap<Demand, Concerned>();

/**
 * The limits on a session where this is asked for: of the profiles that apply there, and where none does always, its
 * own. A condition that cannot be evaluated holds (Law 5).
 */
export function sessionLimits(
  policy: Policy,
  demand: Demand,
  session: Session,
  bindings: () => Bindings,
): AppliedLimits {
  const { fixed, conditional } = concerned(policy, demand);
  if (conditional.length === 0) return fixed;
  const profiles = [...fixed.profiles];
  const shortens: string[] = [];
  for (const profile of conditional) {
    const carried = session.shortenedBy?.includes(profile.name) === true;
    const holds = carried || profile.when?.when.evaluate(bindings());
    if (holds === false) continue;
    profiles.push(profile);
    // What only could not be evaluated applies now; it stays upon nobody.
    if (!carried && holds === true && readsRisk(profile)) shortens.push(profile.name);
  }
  if (profiles.length === fixed.profiles.length) return fixed;
  const extensions = fewest([...profiles.map((one) => one.extensions), fixed.extensions]);
  return { ...leastOf(limitsOf(profiles), fixed), profiles, extensions, shortens };
}

function leastOf(a: Limits, b: Limits): Limits {
  return { inactivity: shorter(a.inactivity, b.inactivity), overall: shorter(a.overall, b.overall) };
}

function shorter(a: Limit | null, b: Limit | null): Limit | null {
  if (a === null || b === null) return a ?? b;
  return b.length < a.length ? b : a;
}

function concerned(policy: Policy, demand: Demand): Concerned {
  const found = known.get(demand);
  if (found !== undefined && found.policy === policy) return found;
  const named = demand.sessionProfiles.flatMap((name) => policy.sessionProfiles.get(name) ?? NONE);
  const all = [...policy.generalProfiles, ...named];
  const profiles = all.filter(({ when }) => when === null);
  const made = {
    policy,
    fixed: {
      ...(profiles.length > 0 ? limitsOf(profiles) : limitsWithout(policy, demand)),
      profiles,
      extensions: fewest(
        (profiles.length > 0 ? profiles : unconditional(policy)).map((one) => one.extensions),
      ),
      shortens: NONE,
    },
    conditional: all.filter(({ when }) => when !== null),
  };
  known.set(demand, made);
  return made;
}

/** Where no profile is named: the session's own limits; for what is sensitive, the strictest that there are. */
function limitsWithout(policy: Policy, { sensitive }: Demand): Limits {
  return sensitive ? limitsOf(unconditional(policy)) : ownLimits(policy, {});
}

function unconditional({ sessionProfiles }: Policy): readonly SessionProfile[] {
  return [...sessionProfiles.values()].filter(({ when }) => when === null);
}

function fewest(counts: readonly (number | null)[]): number | null {
  const stated = counts.filter((count) => count !== null);
  return stated.length === 0 ? null : Math.min(...stated);
}

/** Whether a profile comes with risk: then it stays when the risk is gone. */
function readsRisk({ when }: SessionProfile): boolean {
  return when?.when.reads.some((name) => /^(?:risk|signals)(?:\.|$)/.test(name)) === true;
}

/**
 * What ends a session for good, wherever it is shown: every profile that applies to all of them, and, where none
 * does, the most generous of those that Protections name, since past that no place takes it any more.
 */
export function ownLimits(policy: Policy, session: Pick<Session, "shortenedBy">): Limits {
  if (session.shortenedBy !== undefined) return workedOwn(policy, session);
  let found = own.get(policy);
  if (found === undefined) {
    found = workedOwn(policy, session);
    own.set(policy, found);
  }
  return found;
}

const own = new WeakMap<Policy, Limits>();

function workedOwn(policy: Policy, session: Pick<Session, "shortenedBy">): Limits {
  const unconditional = [...policy.sessionProfiles.values()].filter(({ when }) => when === null);
  const general = policy.generalProfiles.filter(
    ({ when, name }) => when === null || session.shortenedBy?.includes(name) === true,
  );
  const named = unconditional.filter((one) => !policy.generalProfiles.includes(one));
  const some = policy.generalProfiles.some(({ when }) => when === null);
  const widest = some || named.length === 0 ? null : mostGenerous(named);
  return limitsOf(widest === null ? general : [...general, widest]);
}

/** As if one profile said the longest of each. */
function mostGenerous(profiles: readonly SessionProfile[]): SessionProfile | null {
  const [first] = profiles;
  if (first === undefined) return null;
  const rest = profiles.reduce((most, one) => (longer(one.inactivity, most.inactivity) ? one : most), first);
  const last = profiles.reduce((most, one) => (one.overall > most.overall ? one : most), first);
  const { inactivity, inactivitySetBy } = rest;
  const { overall, overallSetBy } = last;
  return { ...first, inactivity, inactivitySetBy, overall, overallSetBy };
}

function longer(a: Duration | null, b: Duration | null): boolean {
  return b !== null && (a === null || a > b);
}
