import {
  type Act,
  type ActId,
  type Actor,
  type Duration,
  type Instant,
  makeId,
  milliseconds,
  plus,
  type SubjectRef,
  type TokenScope,
  type Unreviewed,
  type Widening,
} from "@postern/core";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { RandomPool } from "../seal/box.ts";

/** How long a widening act waits for the second person. */
export const WAITS: Duration = milliseconds(24 * 3_600_000);

/** Who else could do it: persons are compared, never tokens (Law 9). */
export function others(
  state: Pick<State, "tokens">,
  person: SubjectRef,
  scopes: readonly TokenScope[],
  latest: Instant,
): ReadonlySet<SubjectRef> {
  const found = new Set<SubjectRef>();
  for (const token of state.tokens()) {
    const may = token.scopes.includes("admin") || scopes.some((scope) => token.scopes.includes(scope));
    if (may && token.person !== null && token.revokedAt === null && latest < token.expiresAt)
      found.add(token.person);
  }
  found.delete(person);
  return found;
}

/** Whether this person still holds a live token with one of these scopes. */
export function stillMay(
  state: Pick<State, "tokens">,
  person: SubjectRef | null,
  scopes: readonly TokenScope[],
  latest: Instant,
): boolean {
  return person !== null && others(state, NOBODY, scopes, latest).has(person);
}

const NOBODY = "" as SubjectRef;

/** What a second person could do without: nobody, so the entry says that it was one person. */
export function aloneMark(person: SubjectRef, pool: RandomPool): Required<Unreviewed> {
  return { unreviewed: true, alone: { act: makeId("act", pool.take(16)), person } };
}

export type RequestedAct = Omit<Act, "standing" | "decidedBy" | "decidedAt">;

export function requestedAct(what: Widening, by: SubjectRef, at: Instant, pool: RandomPool): RequestedAct {
  return { id: makeId("act", pool.take(16)), what, by, at, decideBy: plus(at, WAITS) };
}

export function confirmed(by: Actor, act: ActId, person: SubjectRef): DraftEvent {
  return { by, event: { type: "act.confirmed", act, person } };
}

export function standingOf(act: Act, latest: Instant): Act["standing"] | "lapsed" {
  return act.standing === "waiting" && act.decideBy !== null && latest >= act.decideBy
    ? "lapsed"
    : act.standing;
}

/** A waiting act about exactly this, whoever asked for it. */
export function waitingFor(acts: Iterable<Act>, same: (what: Widening) => boolean, at: Instant): Act | null {
  for (const act of acts) if (standingOf(act, at) === "waiting" && same(act.what)) return act;
  return null;
}
