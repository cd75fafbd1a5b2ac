import type { OptOut } from "../opt-out/record.ts";
import { rungOf, within } from "../session/ladder.ts";
import { type Session, sessionIsLive, standingOf } from "../session/session.ts";
import { type Assurance, reaches } from "../vocabulary/assurance.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { Duration } from "../vocabulary/duration.ts";
import { milliseconds } from "../vocabulary/duration.ts";
import type { SignalId } from "../vocabulary/id.ts";
import { type Instant, plus } from "../vocabulary/instant.ts";
import type { SignalKind } from "./kind.ts";
import type { SignalLevel } from "./statement.ts";

/** Which opt-outs of a subject or device a signal suspends; null on both: all of them. */
export interface Coverage {
  readonly controls: readonly ControlId[] | null;
  readonly offers: readonly string[] | null;
}

/** What lets suspended opt-outs resume; whichever comes first. None of them: nothing does but their end. */
export interface ResumeTerms {
  /** Counted from the last such signal, or from the one that said that all is well again. */
  readonly calm: { readonly length: Duration; readonly since: "signal" | "cleared" } | null;
  readonly stepUp: { readonly assurance: Assurance; readonly maxAge: Duration | null } | null;
  readonly person: boolean;
}

/**
 * What stands against a subject or a device since a signal came: no opt-out that it covers is honoured. It carries the
 * terms of the policy that it came under, so that no later policy ends it sooner. Kept with the entity.
 */
export interface Concern {
  /** The signal that began or last renewed it. */
  readonly id: SignalId;
  readonly source: string;
  /** The rule of policy that it came by. */
  readonly rule: string;
  readonly kind: SignalKind;
  /**
   * Of what in detail it speaks: a keyed hash of the principal, device and session that the signal names; null: of none
   * in particular. Absent in those of before, which took each other's places whatever they spoke of.
   */
  readonly detail?: string | null;
  readonly level: SignalLevel | null;
  /** When it happened, as its source says. */
  readonly at: Instant;
  /** From when it counts here; calm is counted from it. */
  readonly since: Instant;
  /** When its source said, by its own time, that all is well again; null: it has not. */
  readonly clearedAt: Instant | null;
  readonly clearedSince: Instant | null;
  readonly covers: Coverage | null;
  readonly resume: ResumeTerms;
}

/** Against one entity so many are held apart; further ones are one together. */
export const MOST_CONCERNS = 32;
const TOGETHER = "together";

/** What two signals must have in common for the one to clear the other, or to take its place. */
export type Matter = Pick<Concern, "source" | "rule" | "kind" | "detail">;

export function isSameMatter(a: Matter, b: Matter): boolean {
  if (a.detail === TOGETHER) return b.detail === TOGETHER;
  return (
    a.source === b.source &&
    a.rule === b.rule &&
    a.kind === b.kind &&
    (a.detail ?? null) === (b.detail ?? null)
  );
}

/** Whether one that begins takes the place of one that stands. */
export function takesPlaceOf(next: Concern, standing: Concern): boolean {
  if (next.detail === undefined) return next.source === standing.source && next.rule === standing.rule;
  return isSameMatter(next, standing);
}

/**
 * What several sources and rules have raised beyond what is held apart: nothing but a person's look ends it, and until
 * then no opt-out is honoured. No signal is of the same matter.
 */
export function together(concern: Concern): Concern {
  return {
    ...concern,
    source: TOGETHER,
    rule: TOGETHER,
    detail: TOGETHER,
    covers: { controls: null, offers: null },
    resume: { calm: null, stepUp: null, person: true },
  };
}

export function concernCovers(
  { covers }: Concern,
  { control, offer }: Pick<OptOut, "control" | "offer">,
): boolean {
  if (covers === null) return false;
  const { controls, offers } = covers;
  if (controls === null && offers === null) return true;
  return controls?.includes(control) === true || offers?.includes(offer) === true;
}

/** Whether anything that stands holds this opt-out back. */
export function isHeldBack(
  concerns: readonly Concern[] | undefined,
  optOut: Pick<OptOut, "control" | "offer">,
): boolean {
  return concerns?.some((one) => concernCovers(one, optOut)) === true;
}

/** When calm will have lasted long enough; null: that alone does not end it, or not yet. */
export function calmAt({ resume: { calm }, since, clearedSince }: Concern): Instant | null {
  if (calm === null) return null;
  if (calm.since === "signal") return plus(since, calm.length);
  return clearedSince === null ? null : plus(clearedSince, calm.length);
}

const ANY_AGE = milliseconds(366 * 24 * 3_600_000);

/** Whether somebody has proved anew who they are, since the signal came and recently enough. */
export function steppedUp(
  { resume: { stepUp }, since }: Concern,
  sessions: readonly Session[],
  now: Instant,
): boolean {
  if (stepUp === null) return false;
  const { assurance, maxAge } = stepUp;
  return sessions.some((session) => {
    if (!sessionIsLive(session, now)) return false;
    // What was proved before the signal came does not answer it.
    const rung =
      session.methods === undefined
        ? standingOf(session, now)
        : rungOf(
            session.methods.filter(({ at }) => at > since),
            now,
            within(maxAge ?? ANY_AGE),
          );
    if (rung === null || !reaches(rung.acr, assurance)) return false;
    return rung.authTime > since && (maxAge === null || now - rung.authTime < maxAge);
  });
}

/** What ends a concern by itself now; null: it stands. Time is compared at its earliest, so that none ends early. */
export function clearedBy(
  concern: Concern,
  sessions: readonly Session[],
  now: { readonly earliest: Instant; readonly latest: Instant },
): "calm" | "step-up" | null {
  const calm = calmAt(concern);
  if (calm !== null && now.earliest >= calm) return "calm";
  return steppedUp(concern, sessions, now.latest) ? "step-up" : null;
}
