import type { Actor, Lock } from "@postern/core";
import type { KeptEnd } from "../ports/kept-ends.ts";
import type { State, StoredLock } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";

/** What is known to have ended: it stays ended, although the log that said so is lost. */
export interface Endings {
  readonly revoked: ReadonlySet<string>;
  readonly suspended: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
  /** Those placed, also if they were lifted later: a lock too many is lifted by a person. */
  readonly locks: readonly Lock[];
}

function bare({ placedIn: _, ...lock }: StoredLock): Lock {
  return lock;
}

/** As they were kept outside the database. Null: nothing is known, so nothing that could have ended goes on. */
export function keptEndings(kept: readonly KeptEnd[] | null, state: State): Endings {
  if (kept === null) {
    return {
      revoked: new Set(),
      suspended: new Set([...state.optOuts.all()].map(({ id }) => id)),
      tokens: new Set([...state.tokens()].map(({ id }) => id)),
      locks: [],
    };
  }
  const revoked = new Set<string>();
  const suspended = new Set<string>();
  const tokens = new Set<string>();
  const locks: Lock[] = [];
  for (const end of kept) {
    if (end.kind === "token") tokens.add(end.id);
    else if (end.kind === "lock") locks.push(end.lock);
    else (end.suspended ? suspended : revoked).add(end.id);
  }
  return { revoked, suspended, tokens, locks };
}

export function endingsOf(state: State): Endings {
  const revoked = new Set<string>();
  const suspended = new Set<string>();
  for (const { id, standing } of state.optOuts.all()) {
    if (standing === "suspended") suspended.add(id);
    else if (standing !== "granted" && standing !== "pending") revoked.add(id);
  }
  const tokens = [...state.tokens()].filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id);
  return { revoked, suspended, tokens: new Set(tokens), locks: state.liveLocks.map(bare) };
}

/**
 * The events of going on from a log that lost its end. Nothing widens by it: what this node saw end ends again, and
 * no session counts any more, since the end of any may be among what was lost.
 */
export function acceptance(
  state: State,
  by: Actor,
  epoch: number,
  lost: number,
  endings: Endings,
  /** Whether the key of an entity is gone from the keyring: it was erased since. */
  erased: (ref: string) => boolean = () => false,
): readonly DraftEvent[] {
  const events: DraftEvent[] = [{ by, event: { type: "epoch.accepted", epoch, lost } }];
  const cause = "lost-tail" as const;
  for (const { id, standing } of state.optOuts.all()) {
    if (standing !== "granted" && standing !== "suspended" && standing !== "pending") continue;
    if (endings.revoked.has(id)) {
      events.push(
        standing === "pending"
          ? { by, event: { type: "opt-out.withdrawn", optOut: id } }
          : { by, event: { type: "opt-out.revoked", optOut: id, cause } },
      );
    } else if (endings.suspended.has(id) && standing === "granted") {
      events.push({ by, event: { type: "opt-out.suspended", optOut: id, cause } });
    }
  }
  for (const { id, revokedAt } of state.tokens())
    if (revokedAt === null && endings.tokens.has(id))
      events.push({ by, event: { type: "token.revoked", token: id } });
  for (const { ref, deletedAt } of state.entities())
    if (deletedAt === null && erased(ref))
      events.push({ by, event: { type: "entity.deleted", entity: ref } });
  for (const lock of endings.locks)
    if (state.lock(lock.id) === undefined) events.push({ by, event: { type: "lock.placed", lock } });
  for (const { id, revokedAt } of state.sessions())
    if (revokedAt === null) events.push({ by, event: { type: "session.revoked", session: id, cause } });
  return events;
}
