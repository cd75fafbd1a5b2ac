import {
  type Assurance,
  type Concern,
  type EntityRef,
  type Instant,
  reaches,
  type Session,
  type SessionId,
  type SubjectRef,
} from "@postern/core";
import { CHALLENGE_SPAN, type Moment, sameChallenge } from "../marks/challenge.ts";

/** A run of challenges, or of denials, in one session: told newest first, so its last one comes first. */
export interface Run extends Moment {
  readonly kind: "challenge" | "deny";
  readonly marked: boolean;
}

interface Proof {
  readonly at: Instant;
  readonly acr: Assurance;
  readonly session: SessionId;
  readonly startedAt: Instant;
}

/** What one person did in the hour after the place that a report has come to. */
export interface Trail {
  seen: Instant;
  proofs: readonly Proof[];
  /** The earliest of each run that was met so far. */
  runs: readonly Run[];
  /** Values of thresholds at which the hour would have had a challenge more, a bit for each. */
  readonly more: Map<string | null, { at: Instant; medium: number; high: number }>;
  alarms: readonly Instant[];
}

/** Bounded memory of what comes after, for a log that is read from its newest end. */
export interface Trails {
  of(subject: SubjectRef, at: Instant): Trail;
  /** What this decision shows of its person, for those before it. */
  note(trail: Trail, at: Instant, session: Session | null, concerns: readonly Concern[]): void;
  /** Whether it was proved within the hour, in that session or one that began since. */
  met(trail: Trail, challenge: Moment, asked: Assurance): boolean;
  /** The run that this one is the next part of, which it takes the place of. Null: it begins one. */
  goOn(trail: Trail, kind: Run["kind"], moment: Moment, marked: boolean): Run | null;
  alarmed(trail: Trail, at: Instant): boolean;
}

const MOST_TRAILS = 50_000;
const MOST_PROOFS = 8;
const MOST_RUNS = 8;
const MOST_ALARMS = 8;
const ALARM_SPAN = 24 * 3_600_000;

/** `standing`: what stands against a subject now. */
export function trails(standing: (ref: EntityRef) => readonly Concern[]): Trails {
  /** In the order in which they were last touched: the first are furthest ahead. */
  const kept = new Map<SubjectRef, Trail>();
  const isOver = (trail: Trail, at: Instant): boolean =>
    trail.seen - at > CHALLENGE_SPAN && trail.alarms.every((since) => since - at > ALARM_SPAN);

  function forget(at: Instant): void {
    for (const [ref, trail] of kept) {
      if (kept.size < MOST_TRAILS && !isOver(trail, at)) return;
      kept.delete(ref);
    }
  }
  return {
    of(subject, at) {
      let trail = kept.get(subject);
      if (trail === undefined) {
        forget(at);
        const alarms = standing(subject).map(({ since }) => since);
        trail = { seen: at, proofs: [], runs: [], more: new Map(), alarms };
      } else kept.delete(subject);
      trail.seen = at;
      kept.set(subject, trail);
      return trail;
    },
    note(trail, at, session, concerns) {
      if (session !== null && session.acr !== "none") {
        const { id, authTime, acr, startedAt } = session;
        const known = trail.proofs.some(
          (one) => one.session === id && one.at === authTime && one.acr === acr,
        );
        const near = trail.proofs.filter((one) => one.at - at <= CHALLENGE_SPAN);
        const proof = { at: authTime, acr, session: id, startedAt };
        if (!known) trail.proofs = [...near.slice(near.length < MOST_PROOFS ? 0 : 1), proof];
      }
      for (const { since } of concerns)
        if (!trail.alarms.includes(since)) trail.alarms = [...trail.alarms, since].slice(-MOST_ALARMS);
    },
    met: (trail, { at, session }, asked) =>
      trail.proofs.some(
        (proof) =>
          proof.at > at &&
          proof.at - at <= CHALLENGE_SPAN &&
          reaches(proof.acr, asked) &&
          (proof.session === session?.id || proof.startedAt > at),
      ),
    goOn(trail, kind, moment, marked) {
      const later = trail.runs.find((one) => one.kind === kind && sameChallenge(moment, one)) ?? null;
      const rest = trail.runs.filter((one) => one !== later && one.at - moment.at <= CHALLENGE_SPAN);
      const run = { ...moment, kind, marked: marked || later?.marked === true };
      trail.runs = [...rest.slice(-MOST_RUNS + 1), run];
      return later;
    },
    alarmed: (trail, at) => trail.alarms.some((since) => since > at && since - at <= ALARM_SPAN),
  };
}
