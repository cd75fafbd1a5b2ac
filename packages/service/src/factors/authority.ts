import {
  type Assurance,
  enrolmentLevel,
  type Factor,
  factorStands,
  type Instant,
  milliseconds,
  type Result,
  reaches,
  reachOf,
  refuse,
  type Session,
  sessionIsLive,
} from "@postern/core";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";

/** How fresh a proof must be to change factors. */
const FRESH = milliseconds(5 * 60_000);

export function liveFactors(state: State, subject: string, at: Instant): readonly Factor[] {
  return state.factorsOf(subject).filter((factor) => factorStands(factor, at));
}

/** What must be proved, freshly, to change the factors of a subject: all that they can reach. */
export function levelToChange(state: State, subject: string, at: Instant): Assurance {
  const reach = reachOf(liveFactors(state, subject, at));
  return reach === "none" ? "aal1" : reach;
}

/**
 * Changing factors always faces the full control (Law 6). What counts is what was done at Postern's own sign-in
 * within five minutes; a session that an application vouches for never does.
 */
export function mayChangeFactors(state: State, session: Session, at: Instant): Result<Session, Problem> {
  const now = state.countingSession(session.id);
  if (now === undefined || !sessionIsLive(now, at))
    return refuse(problem("session.ended", "the session has ended; sign in again"));
  const wanted = levelToChange(state, now.subject, at);
  const level = enrolmentLevel(now.methods ?? [], at, FRESH);
  return reaches(level, wanted)
    ? { ok: true, value: now }
    : refuse(
        problem(
          "factor.fresh_sign_in",
          `expected a sign-in with Postern at ${wanted} of the last five minutes, got ${level}`,
        ),
      );
}
