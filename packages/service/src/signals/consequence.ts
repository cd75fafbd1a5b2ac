import {
  type Concern,
  cleared,
  concernCovers,
  concernKindOf,
  type Entity,
  type EntityRef,
  type Heard,
  hasEnded,
  holderRefs,
  type Instant,
  isOutdated,
  isSameMatter,
  type Matter,
  MOST_CONCERNS,
  milliseconds,
  plus,
  type RuleMatch,
  raised,
  type SessionId,
  type SignalLevel,
  type SubjectRef,
  together,
} from "@postern/core";
import type { State, StoredSession } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { MINUTE } from "./flood.ts";

/** Whom and what a signal names, as far as we know them. */
export interface Named {
  readonly subject: SubjectRef | null;
  readonly device: EntityRef | null;
  readonly session: SessionId | null;
  /** It names a device or a session that we do not know, or that is not this person's. */
  readonly unknown: boolean;
  /** The device and session as the signal names them, whether or not they are known; null: none. */
  readonly detail: string | null;
  /** Whether it names a device that we do not know: what is fine with that one is nothing of the person's. */
  readonly strangeDevice: boolean;
}

/** What one signal leads to. */
export interface Consequence {
  /** What stands against the entity from now on, in place of what was there of the same matter. */
  readonly concerns: readonly Concern[];
  readonly suspended: readonly DraftEvent[];
  readonly ended: readonly DraftEvent[];
  /** Its source had said something newer to every rule that it falls under. */
  readonly outdated: boolean;
}

const SYSTEM: DraftEvent["by"] = { person: null, via: "system" };

/** How many of one minute may still become entries, and what has been cleared of late. */
export interface Limits {
  readonly left: number;
  /** When its source last said that all is well, of a matter that no longer stands; null: not known. */
  readonly lastClear: (matter: Matter) => Instant | null;
}

export function consequenceOf(
  matches: readonly RuleMatch[],
  heard: Heard,
  about: Entity,
  named: Named,
  state: State,
  limits: Limits,
): Consequence {
  const concerns: Concern[] = [];
  const ending = new Map<SessionId, StoredSession>();
  const acting = matches.filter(({ rule }) => rule.mode === "enforce");
  const { source, detail } = heard;
  const kind = concernKindOf(heard.said.kind);
  let timely = 0;
  for (const match of acting) {
    const { rule, amiss } = match;
    if (amiss === null) {
      timely += 1;
      continue;
    }
    // What ends has ended, in whatever order it is told.
    if (amiss && rule.endSessions !== null) {
      timely += 1;
      for (const session of sessionsOf(rule.endSessions, named, state)) ending.set(session.id, session);
    }
    const matter: Matter = { source, rule: rule.name, kind, detail };
    const standing = about.concerns?.find((one) => isSameMatter(one, matter));
    const lastClear = standing === undefined ? limits.lastClear(matter) : standing.clearedAt;
    if (amiss ? lastClear !== null && heard.happenedAt < lastClear : standing?.clearedAt === heard.happenedAt)
      continue;
    const outdated = standing !== undefined && isOutdated(standing, heard.happenedAt, amiss);
    if (!amiss) {
      if (outdated) continue;
      timely += 1;
      if (standing !== undefined && !(named.strangeDevice && about.ref !== named.device))
        concerns.push(cleared(standing, heard));
      continue;
    }
    if (outdated) continue;
    timely += 1;
    const apart = raised(match, atBound(heard, limits));
    if (apart === null) continue;
    const fresh = standing === undefined && isFull(about, concerns) ? together(apart) : apart;
    if (concerns.some((one) => isSameMatter(one, fresh))) continue;
    if (limits.left > 0 || isRise(fresh, about.concerns)) concerns.push(fresh);
  }
  return {
    concerns,
    suspended: suspensions(about.ref, concerns, heard, state),
    ended: [...ending.keys()].map(
      (session): DraftEvent => ({
        by: SYSTEM,
        event: { type: "session.revoked", session, cause: "signal" },
      }),
    ),
    outdated: acting.length > 0 && timely === 0,
  };
}

/** The last that is recorded of a minute counts until the end of it: what comes after it is not recorded, and no calm. */
function atBound(heard: Heard, { left }: Limits): Heard {
  return left > 1 ? heard : { ...heard, since: plus(heard.since, milliseconds(MINUTE)) };
}

/** Whether as many are held apart as there is room for, those that the same signal begins included. */
function isFull({ concerns = [] }: Entity, more: readonly Concern[]): boolean {
  return concerns.length + more.length >= MOST_CONCERNS;
}

const RANK: Readonly<Record<SignalLevel, number>> = { low: 0, medium: 1, high: 2 };

/** Whether a concern says more than what stands: nothing of the matter does, or its level is higher. */
export function isRise(fresh: Concern, standing: readonly Concern[] = []): boolean {
  const rank = ({ level }: Concern): number => (level === null ? 0 : RANK[level]);
  return !standing.some(
    (one) => isSameMatter(one, fresh) && one.clearedAt === null && rank(one) >= rank(fresh),
  );
}

function suspensions(
  about: EntityRef,
  concerns: readonly Concern[],
  { id, since }: Heard,
  state: State,
): readonly DraftEvent[] {
  const standing = concerns.filter(({ clearedAt }) => clearedAt === null);
  if (standing.length === 0) return [];
  return state.optOuts
    .about(about)
    .filter(
      (optOut) =>
        (optOut.standing === "granted" || (optOut.standing === "suspended" && optOut.suspendedBy == null)) &&
        !hasEnded(optOut, since) &&
        holderRefs(optOut.holder).some((ref) => ref === about) &&
        standing.some((one) => concernCovers(one, optOut)),
    )
    .map(
      (optOut): DraftEvent => ({
        by: SYSTEM,
        event: { type: "opt-out.suspended", optOut: optOut.id, cause: "signal", signal: id },
      }),
    );
}

/**
 * Those that a signal ends: of `named`, where it names neither a session nor a device, all of its subject. In place of
 * one that it names and that is not there nothing else ends.
 */
export function sessionsOf(
  which: "named" | "all",
  { subject, device, session, unknown }: Named,
  state: State,
): readonly StoredSession[] {
  const live = ({ revokedAt }: StoredSession): boolean => revokedAt === null;
  if (which === "named" && session !== null) {
    const found = state.session(session);
    // A source may end what belongs to the person that it speaks of, and nothing else.
    return found !== undefined && live(found) && (subject === null || found.subject === subject)
      ? [found]
      : [];
  }
  if (which === "named" && unknown) return [];
  if (subject === null && device === null) return [];
  const all = subject === null ? state.sessionsOn(device ?? "") : state.sessionsOf(subject);
  const onDevice = (one: StoredSession): boolean => device === null || one.device === device;
  return all.filter((one) => live(one) && (which === "all" && subject !== null ? true : onDevice(one)));
}
