import { type EntityRef, type FactorKind, holderRefs, type Instant, type Policy } from "@postern/core";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";

/** States that follow from what is enrolled: nobody's word puts or takes them. */
const ENROLLED: Readonly<Record<Exclude<FactorKind, "invitation">, string>> = {
  password: "password-enrolled",
  passkey: "passkey-enrolled",
  totp: "totp-enrolled",
  "recovery-code": "recovery-code-enrolled",
  upstream: "upstream-enrolled",
};

/** The state of whoever has shown that they read what is sent to the address that we hold of them. */
export const ADDRESS_VERIFIED = "address-verified";

/**
 * The state of whoever showed it by a code of their own. Nobody's word gives it, since the mailbox recovers the account: an
 * administrator who could say it would become whomever they name.
 */
export const ADDRESS_SHOWN = "address-shown";

/** The state that follows from a factor of this kind. */
function enrolledState(kind: FactorKind): string {
  return kind === "invitation" ? "" : ENROLLED[kind];
}

/** States that nobody can say. */
export const DERIVED_STATES: ReadonlySet<string> = new Set([...Object.values(ENROLLED), ADDRESS_SHOWN]);

/** The verified states that a subject holds, and since when: what was recorded of it, and what follows from its factors. */
export function statesOf(
  ref: EntityRef,
  state: Pick<State, "entity" | "factorsOf">,
  without: ReadonlySet<string> = NONE,
): ReadonlyMap<string, Instant> {
  const entity = state.entity(ref);
  if (entity === undefined || entity.deletedAt !== null) return new Map();
  const held = new Map(Object.entries(entity.states));
  for (const { id, kind, enrolledAt, removedAt } of state.factorsOf(ref)) {
    if (kind === "invitation" || removedAt !== null || without.has(id)) continue;
    const name = ENROLLED[kind];
    const since = held.get(name);
    if (since === undefined || enrolledAt < since) held.set(name, enrolledAt);
  }
  return held;
}

const NONE: ReadonlySet<string> = new Set();

/** What is lost of one set of states on the way to another. */
export function lostStates(
  before: ReadonlyMap<string, Instant>,
  after: ReadonlyMap<string, Instant>,
): ReadonlySet<string> {
  return new Set([...before.keys()].filter((name) => !after.has(name)));
}

/**
 * Ends the opt-outs of a subject whose offers ask for a state that it is losing. For the commit in which it is lost:
 * nothing stands for a moment on what is not so any more.
 */
export function endedWithStates(
  { state, policy }: { readonly state: Pick<State, "optOuts">; readonly policy: () => Policy },
  ref: EntityRef,
  lost: ReadonlySet<string>,
  by: DraftEvent["by"],
): readonly DraftEvent[] {
  if (lost.size === 0) return [];
  const { offers } = policy();
  return endOptOuts(
    state,
    ref,
    by,
    ({ offer }) => offers.get(offer)?.states.some((one) => lost.has(one)) === true,
  );
}

/** The opt-outs that stood on a factor that goes without another of its kind go in the same commit. */
export function endedWithFactors(
  parts: { readonly state: Pick<State, "optOuts" | "entity" | "factorsOf">; readonly policy: () => Policy },
  subject: EntityRef,
  events: readonly DraftEvent[],
  by: DraftEvent["by"],
): readonly DraftEvent[] {
  const removed = new Set<string>();
  const kinds = new Set<string>();
  for (const { event } of events) {
    if (event.type === "factor.removed") removed.add(event.factor);
    if (event.type === "factor.enrolled") kinds.add(enrolledState(event.factor.kind));
  }
  if (removed.size === 0) return [];
  const after = statesOf(subject, parts.state, removed);
  const gone = lostStates(statesOf(subject, parts.state), after);
  return endedWithStates(parts, subject, new Set([...gone].filter((one) => !kinds.has(one))), by);
}

/** Ends those that stand on an entity and of which `which` says so; requests that wait are judged anew when they are granted. */
export function endOptOuts(
  state: Pick<State, "optOuts">,
  ref: EntityRef,
  by: DraftEvent["by"],
  which: (optOut: ReturnType<State["optOuts"]["about"]>[number]) => boolean,
): readonly DraftEvent[] {
  return state.optOuts
    .about(ref)
    .filter(
      (optOut) =>
        (optOut.standing === "granted" || optOut.standing === "suspended") &&
        holderRefs(optOut.holder).some((one) => one === ref) &&
        which(optOut),
    )
    .map(
      ({ id }): DraftEvent => ({ by, event: { type: "opt-out.revoked", optOut: id, cause: "state-lost" } }),
    );
}
