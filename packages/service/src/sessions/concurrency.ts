import {
  ASSURANCES,
  type Instant,
  type Policy,
  type SessionId,
  type SubjectRef,
  sessionIsLive,
} from "@postern/core";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { revocations } from "./revocations.ts";

/** The endings that make room for one more session of a person, the oldest first; none where policy sets no limit. */
export function makeRoom(
  now: Pick<State, "sessionsOf" | "countingSession">,
  policy: Policy,
  subject: SubjectRef,
  begins: SessionId,
  at: Instant,
): readonly DraftEvent[] {
  const most = mostAtOnce(policy);
  if (most === null) return [];
  const live = now
    .sessionsOf(subject)
    .flatMap(({ id }) => now.countingSession(id) ?? [])
    .filter((session) => session.id !== begins && sessionIsLive(session, at))
    .toSorted(
      // Whoever has a password alone ends no session in which more was proved while there is a lesser one.
      (a, b) =>
        ASSURANCES.indexOf(a.acr) - ASSURANCES.indexOf(b.acr) ||
        a.startedAt - b.startedAt ||
        (a.id < b.id ? -1 : 1),
    );
  const over = live.slice(0, Math.max(0, live.length - (most - 1)));
  return revocations(over, { person: null, via: "system" }, "concurrency");
}

function mostAtOnce({ sessionProfiles }: Policy): number | null {
  const stated = [...sessionProfiles.values()].flatMap(({ when, concurrent }) =>
    when === null && concurrent !== null ? [concurrent] : [],
  );
  return stated.length === 0 ? null : Math.min(...stated);
}
