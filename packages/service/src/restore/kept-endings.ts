import type { EntityRef } from "@postern/core";
import type { Endings } from "../node/epoch.ts";
import type { KeptEnd, KeptHeld } from "../ports/kept-ends.ts";
import type { State, StoredLock, StoredOptOut } from "../projection/state.ts";
import { lastKept, scopeHash } from "./ends.ts";

/**
 * As they were kept outside the database, for a backup that was restored. What was narrowed since, what is not known
 * to be as it was and what has a limited number of uses is suspended; what was decided since is asked for anew. Null:
 * nothing is known, so nothing that could have ended goes on.
 */
export function keptEndings(
  kept: readonly KeptEnd[] | null,
  state: State,
  of: {
    /** Whether its key is gone from the newest keyring. */
    readonly erased: (ref: EntityRef) => boolean;
    /** How often it was used since the backup is unknown. */
    readonly limited: (optOut: StoredOptOut) => boolean;
  },
): Endings {
  const revoked = new Set<string>();
  const suspended = new Set<string>();
  const tokens = new Set<string>();
  const roles = new Set<string>();
  const locks: StoredLock[] = [];
  const factors = new Map<string, { readonly removed: boolean; readonly spent: number }>();
  for (const end of kept ?? []) {
    if (end.kind === "token") tokens.add(end.id);
    else if (end.kind === "role") roles.add(end.id);
    else if (end.kind === "factor") factors.set(end.id, end);
    else if (end.kind === "lock") locks.push({ ...end.lock, placedIn: end.entry });
  }
  const { held, ended, entities: deleted, devices: revokedDevices } = lastKept(kept ?? []);
  // Where nothing is known, whoever was trusted says so anew.
  const devices =
    kept === null ? new Set([...state.devices()].map(({ id }) => id as string)) : revokedDevices;
  // INVARIANT: what ended stays ended, and what was suspended until the last line about it says that it goes on.
  for (const [id, end] of ended)
    if (!end.suspended) revoked.add(id);
    else if (!end.resumed) suspended.add(id);
  for (const optOut of state.optOuts.all()) {
    const { id, standing } = optOut;
    const known = held.get(id);
    if (standing === "granted") {
      const narrower = known !== undefined && coversNoMore(optOut, known) && !known.pending;
      if (kept === null || !narrower || of.limited(optOut)) suspended.add(id);
    } else if (standing === "pending") {
      const asItWas = known === undefined || (known.pending && coversNoMore(optOut, known));
      if (kept === null || !asItWas) revoked.add(id);
    }
  }
  if (kept === null) {
    for (const { id } of state.tokens()) tokens.add(id);
    for (const { id } of state.roles()) roles.add(id);
    // What is good once may have been used; what is good for ever is all that people have to come in by.
    for (const { id, kind } of state.factors())
      if (kind === "recovery-code" || kind === "invitation") factors.set(id, { removed: true, spent: 0 });
  }
  const gone = [...state.entities()].filter(
    ({ ref, deletedAt }) => deletedAt === null && (of.erased(ref) || deleted.has(ref)),
  );
  const entities = new Set(gone.map(({ ref }) => ref));
  return { revoked, suspended, tokens, roles, factors, devices, entities, locks, held: new Map() };
}

function coversNoMore(optOut: StoredOptOut, { scope, expiresAt }: KeptHeld): boolean {
  return optOut.expiresAt <= expiresAt && scopeHash(optOut) === scope;
}
