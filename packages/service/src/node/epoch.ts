import { type Actor, canonical, type EntityRef, holderRefs, type OptOutId, scopeText } from "@postern/core";
import type { State, StoredLock, StoredOptOut } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Hands } from "../unreviewed/held.ts";

/** What ended or narrowed in this node's memory: it stays so, although the log that said so is lost. */
export interface Endings {
  readonly revoked: ReadonlySet<string>;
  readonly suspended: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly factors: ReadonlyMap<string, { readonly removed: boolean; readonly spent: number }>;
  readonly devices: ReadonlySet<string>;
  readonly entities: ReadonlySet<EntityRef>;
  readonly locks: readonly StoredLock[];
  /** What those that still held covered, until when, and how often they had been used. */
  readonly held: ReadonlyMap<
    OptOutId,
    { readonly scope: string; readonly expiresAt: number; readonly used: number }
  >;
}

export function endingsOf(state: State): Endings {
  const revoked = new Set<string>();
  const suspended = new Set<string>();
  const held = new Map<OptOutId, { scope: string; expiresAt: number; used: number }>();
  for (const optOut of state.optOuts.all()) {
    const { id, standing, expiresAt } = optOut;
    if (standing === "suspended") suspended.add(id);
    else if (standing === "granted")
      held.set(id, { scope: textOf(optOut), expiresAt, used: state.uses(id)?.used ?? 0 });
    else if (standing !== "pending") revoked.add(id);
  }
  const tokens = [...state.tokens()].filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id);
  const roles = [...state.roles()].filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id);
  const entities = [...state.entities()].filter(({ deletedAt }) => deletedAt !== null).map(({ ref }) => ref);
  const factors = new Map(
    [...state.factors()].map(({ id, removedAt, spent }) => [
      id,
      { removed: removedAt !== null, spent: spent.length },
    ]),
  );
  const devices = [...state.devices()].filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id);
  return {
    revoked,
    suspended,
    factors,
    devices: new Set(devices),
    tokens: new Set(tokens),
    roles: new Set(roles),
    entities: new Set(entities),
    locks: [...state.liveLocks],
    held,
  };
}

/** What must happen for nothing that ended to go on. */
export interface Acceptance {
  readonly events: readonly DraftEvent[];
  readonly lostKeys: readonly string[];
}

/**
 * The events of going on from a log that lost its end. Nothing widens by it: what this node saw end ends again, what
 * it saw narrowed or used more often is suspended, its locks hold again, and no session counts any more, since the
 * end of any may be among what was lost.
 */
export function acceptance(
  state: State,
  { by, mark, before }: Hands,
  epoch: number,
  lost: number,
  endings: Endings,
): Acceptance {
  const again = endedAgain(state, by, endings);
  // Whoever decided on them may have done so in what was lost: whoever still wants them asks anew.
  const waiting: DraftEvent[] = [...state.acts()]
    .filter(({ standing }) => standing === "waiting")
    .map((act) => ({ by, event: { type: "act.denied", act: act.id, person: act.by } }));
  const gone = new Set<string>(again.lostKeys);
  const sessions: DraftEvent[] = [...state.sessions()]
    .filter(({ revokedAt, subject }) => revokedAt === null && !gone.has(subject))
    .map(({ id }) => ({ by, event: { type: "session.revoked", session: id, cause: "lost-tail" } }));
  return {
    events: [
      { by, event: { type: "epoch.accepted", epoch, lost, ...mark } },
      ...before,
      ...again.events,
      ...waiting,
      ...sessions,
    ],
    lostKeys: again.lostKeys,
  };
}

/** What one node saw end, on a log that does not say so. Another node that had seen more, or less, says its own. */
export function endedAgain(state: State, by: Actor, endings: Endings): Acceptance {
  const events: DraftEvent[] = [];
  const cause = "lost-tail" as const;
  for (const optOut of state.optOuts.all()) {
    const { id, standing } = optOut;
    if (standing !== "granted" && standing !== "suspended" && standing !== "pending") continue;
    if (
      endings.revoked.has(id) ||
      holderRefs(optOut.holder).some((ref) => ref !== "anonymous" && endings.entities.has(ref))
    ) {
      events.push(
        standing === "pending"
          ? { by, event: { type: "opt-out.withdrawn", optOut: id } }
          : { by, event: { type: "opt-out.revoked", optOut: id, cause } },
      );
    } else if (standing === "granted" && (endings.suspended.has(id) || isWider(optOut, state, endings)))
      events.push({ by, event: { type: "opt-out.suspended", optOut: id, cause } });
  }
  for (const { id, revokedAt } of state.tokens())
    if (revokedAt === null && endings.tokens.has(id))
      events.push({ by, event: { type: "token.revoked", token: id } });
  for (const { id, revokedAt } of state.roles())
    if (revokedAt === null && endings.roles.has(id))
      events.push({ by, event: { type: "role.revoked", grant: id, cause } });
  for (const { id, removedAt, spent } of state.factors()) {
    const end = endings.factors.get(id);
    if (removedAt === null && end !== undefined && (end.removed || end.spent > spent.length))
      events.push({ by, event: { type: "factor.removed", factor: id, cause } });
  }
  for (const { id, revokedAt } of state.devices())
    if (revokedAt === null && endings.devices.has(id))
      events.push({ by, event: { type: "device.revoked", device: id, cause } });
  for (const { placedIn: _, ...lock } of endings.locks)
    if (state.lock(lock.id) === undefined) events.push({ by, event: { type: "lock.placed", lock } });
  const gone = [...state.entities()].filter(
    ({ ref, deletedAt }) => deletedAt === null && endings.entities.has(ref),
  );
  for (const { ref } of gone) {
    for (const { id, revokedAt } of state.sessionsOf(ref))
      if (revokedAt === null) events.push({ by, event: { type: "session.revoked", session: id, cause } });
    for (const { id, person, revokedAt } of state.tokens())
      if (person === ref && revokedAt === null && !endings.tokens.has(id))
        events.push({ by, event: { type: "token.revoked", token: id } });
    for (const { id, revokedAt } of state.rolesOf(ref))
      if (revokedAt === null && !endings.roles.has(id))
        events.push({ by, event: { type: "role.revoked", grant: id, cause } });
    events.push({ by, event: { type: "entity.deleted", entity: ref } });
  }
  return { events, lostKeys: gone.map(({ ref }) => ref) };
}

/** Whether it lets more through than this node had seen of it. */
function isWider(optOut: StoredOptOut, state: State, { held }: Endings): boolean {
  const known = held.get(optOut.id);
  if (known === undefined) return false;
  const usedLess = optOut.usesMax !== null && (state.uses(optOut.id)?.used ?? 0) < known.used;
  return usedLess || optOut.expiresAt > known.expiresAt || textOf(optOut) !== known.scope;
}

function textOf({ scope }: StoredOptOut): string {
  return canonical(scopeText(scope));
}
