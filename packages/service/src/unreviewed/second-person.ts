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

/** Persons with a live token that carries `admin` or one of these scopes. */
function administrators(
  state: Pick<State, "tokens">,
  scopes: readonly TokenScope[],
  latest: Instant,
): Set<SubjectRef> {
  const found = new Set<SubjectRef>();
  for (const token of state.tokens()) {
    const may = token.scopes.includes("admin") || scopes.some((scope) => token.scopes.includes(scope));
    if (may && token.person !== null && token.revokedAt === null && latest < token.expiresAt)
      found.add(token.person);
  }
  return found;
}

/** Who else could do it: persons are compared, never tokens (Law 9). */
export function others(
  state: Pick<State, "tokens">,
  person: SubjectRef,
  scopes: readonly TokenScope[],
  latest: Instant,
): ReadonlySet<SubjectRef> {
  const found = administrators(state, scopes, latest);
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

/** What waits lapses with its time, and while whoever asked for it is no administrator: one word of two is gone. */
export function standsFor(
  act: Act,
  state: Pick<State, "tokens">,
  latest: Instant,
): Act["standing"] | "lapsed" {
  if (act.standing !== "waiting") return act.standing;
  const over = act.decideBy !== null && latest >= act.decideBy;
  return over || !administrators(state, [], latest).has(act.by) ? "lapsed" : "waiting";
}

/** A waiting act about exactly this: somebody else's before the person's own. */
export function waitingFor(
  acts: Iterable<Act>,
  person: SubjectRef,
  same: (what: Widening) => boolean,
  state: Pick<State, "tokens">,
  at: Instant,
): Act | null {
  let own: Act | null = null;
  for (const act of acts) {
    if (!same(act.what) || standsFor(act, state, at) !== "waiting") continue;
    if (act.by !== person) return act;
    own ??= act;
  }
  return own;
}
