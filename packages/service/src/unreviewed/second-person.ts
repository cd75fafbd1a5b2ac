import {
  type Act,
  type ActId,
  type Actor,
  type Duration,
  type Instant,
  makeId,
  milliseconds,
  plus,
  SCOPES_OF_ROLE,
  type SubjectRef,
  type TokenScope,
  type Unreviewed,
  type Widening,
} from "@postern/core";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import { grantCounts } from "../roles/held-roles.ts";
import type { RandomPool } from "../seal/box.ts";

/** How long a widening act waits for the second person. */
export const WAITS: Duration = milliseconds(24 * 3_600_000);

/** Where it stands who may do what. */
type Rights = Pick<State, "tokens" | "roles" | "entity">;

/** Persons with a role or a live token that carries `admin` or one of these scopes. */
function administrators(state: Rights, scopes: readonly TokenScope[], latest: Instant): Set<SubjectRef> {
  const found = new Set<SubjectRef>();
  const may = (held: readonly TokenScope[]): boolean =>
    held.includes("admin") || scopes.some((scope) => held.includes(scope));
  for (const grant of state.roles())
    if (may(SCOPES_OF_ROLE[grant.role]) && grantCounts(state, grant)) found.add(grant.person);
  for (const token of state.tokens()) {
    if (may(token.scopes) && token.person !== null && token.revokedAt === null && latest < token.expiresAt)
      found.add(token.person);
  }
  return found;
}

/** Who else could do it: persons are compared, never tokens (Law 9). */
export function others(
  state: Rights,
  person: SubjectRef,
  scopes: readonly TokenScope[],
  latest: Instant,
): ReadonlySet<SubjectRef> {
  const found = administrators(state, scopes, latest);
  found.delete(person);
  return found;
}

/** Whether this person still holds a role or a live token with one of these scopes. */
export function stillMay(
  state: Rights,
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
export function standsFor(act: Act, state: Rights, latest: Instant): Act["standing"] | "lapsed" {
  if (act.standing !== "waiting") return act.standing;
  const over = act.decideBy !== null && latest >= act.decideBy;
  return over || !administrators(state, [], latest).has(act.by) ? "lapsed" : "waiting";
}

/** A waiting act about exactly this: somebody else's before the person's own. */
export function waitingFor(
  acts: Iterable<Act>,
  person: SubjectRef,
  same: (what: Widening) => boolean,
  state: Rights,
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
