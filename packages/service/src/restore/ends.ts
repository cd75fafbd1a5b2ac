import { hash } from "node:crypto";
import { canonical, type Factor, type OptOut, scopeText } from "@postern/core";
import type { KeptEnd, KeptHeld, KeptPolicy } from "../ports/kept-ends.ts";
import type { RecordChange } from "../projection/project.ts";
import type { State, StoredOptOut } from "../projection/state.ts";

/** Names what an opt-out covers without telling it. */
export function scopeHash({ scope }: Pick<OptOut, "scope">): string {
  return hash("sha256", canonical(scopeText(scope)), "hex");
}

/** What of these changes must hold after a restore of an earlier backup. `before` has none of them yet. */
export function endsOf(
  changes: readonly (RecordChange & { readonly entry: number })[],
  before: Pick<State, "optOuts">,
): readonly KeptEnd[] {
  return changes.flatMap((change): readonly KeptEnd[] => {
    const { entry } = change;
    switch (change.projection) {
      case "opt_outs":
        return ofOptOut(change.record, before.optOuts.get(change.id), entry);
      case "tokens":
        return change.record.revokedAt === null ? [] : [{ kind: "token", id: change.id, entry }];
      case "roles":
        return change.record.revokedAt === null ? [] : [{ kind: "role", id: change.id, entry }];
      case "entities":
        return change.record.deletedAt === null ? [] : [{ kind: "entity", id: change.id, entry }];
      case "locks": {
        const { placedIn: _, ...lock } = change.record;
        return lock.liftedAt === null ? [{ kind: "lock", lock, entry }] : [];
      }
      case "factors":
        return ofFactor(change.record, entry);
      case "devices":
        return change.record.revokedAt === null ? [] : [{ kind: "device", id: change.id, entry }];
      case "revisions":
        return change.record.active ? [policyOf(change.record, entry)] : [];
      default:
        return [];
    }
  });
}

function ofOptOut(optOut: StoredOptOut, before: StoredOptOut | undefined, entry: number): readonly KeptEnd[] {
  switch (optOut.standing) {
    case "granted": {
      const same = before?.standing === "granted" && coversTheSame(optOut, before);
      return same ? [] : [heldOf(optOut, entry)];
    }
    case "pending":
      return before === undefined || coversTheSame(optOut, before) ? [] : [heldOf(optOut, entry)];
    case "suspended":
    case "revoked":
    case "denied":
    case "withdrawn":
      return [{ kind: "opt-out", id: optOut.id, entry, suspended: optOut.standing === "suspended" }];
    default:
      return optOut.standing satisfies never;
  }
}

function coversTheSame(one: StoredOptOut, other: StoredOptOut): boolean {
  return (
    one.expiresAt === other.expiresAt && (one.scope === other.scope || scopeHash(one) === scopeHash(other))
  );
}

function heldOf(optOut: StoredOptOut, entry: number): KeptHeld {
  const { id, standing, expiresAt } = optOut;
  return { kind: "held", id, entry, pending: standing === "pending", scope: scopeHash(optOut), expiresAt };
}

/** Removed, or a set of recovery codes of which some were used. */
function ofFactor({ id, removedAt, spent }: Factor, entry: number): readonly KeptEnd[] {
  if (removedAt === null && spent.length === 0) return [];
  return [{ kind: "factor", id, entry, removed: removedAt !== null, spent: spent.length }];
}

function policyOf(
  { id, activatedAt }: { readonly id: string; readonly activatedAt: number | null },
  entry: number,
): KeptPolicy {
  return { kind: "policy", revision: id, entry, at: activatedAt ?? 0 };
}

/** The last that was kept of each. */
export interface LastKept {
  readonly held: ReadonlyMap<string, KeptHeld>;
  readonly ended: ReadonlyMap<string, KeptEnding>;
  readonly tokens: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly entities: ReadonlySet<string>;
  readonly locks: ReadonlySet<string>;
  readonly factors: ReadonlyMap<string, { readonly removed: boolean; readonly spent: number }>;
  readonly devices: ReadonlySet<string>;
  readonly policy: KeptPolicy | null;
  /** The highest; every log begins in the first. */
  readonly epoch: number;
}

interface KeptEnding {
  readonly entry: number;
  /** It may be resumed. */
  readonly suspended: boolean;
  /** A later line says what it covers again. */
  readonly resumed: boolean;
}

export function lastKept(kept: readonly KeptEnd[]): LastKept {
  const held = new Map<string, KeptHeld>();
  const ended = new Map<string, KeptEnding>();
  const tokens = new Set<string>();
  const roles = new Set<string>();
  const entities = new Set<string>();
  const locks = new Set<string>();
  const factors = new Map<string, { readonly removed: boolean; readonly spent: number }>();
  const devices = new Set<string>();
  let policy: KeptPolicy | null = null;
  let epoch = 1;
  for (const end of kept) {
    switch (end.kind) {
      case "held": {
        held.set(end.id, end);
        const before = ended.get(end.id);
        // What is made up for later may tell of what was before the suspension.
        if (before?.suspended === true && end.entry > before.entry)
          ended.set(end.id, { ...before, resumed: true });
        break;
      }
      case "opt-out":
        // An end for good is not taken back by a suspension that was told of later.
        if (ended.get(end.id)?.suspended !== false) ended.set(end.id, { ...end, resumed: false });
        break;
      case "token":
        tokens.add(end.id);
        break;
      case "role":
        roles.add(end.id);
        break;
      case "entity":
        entities.add(end.id);
        break;
      case "lock":
        locks.add(end.lock.id);
        break;
      case "factor":
        factors.set(end.id, end);
        break;
      case "device":
        devices.add(end.id);
        break;
      case "policy":
        policy = end;
        break;
      case "epoch":
        epoch = Math.max(epoch, end.epoch);
        break;
      default:
        end satisfies never;
    }
  }
  return { held, ended, tokens, roles, entities, locks, factors, devices, policy, epoch };
}

/**
 * What the log tells and the kept ends do not: while they could not be written, or while this node was away and others
 * recorded. What was kept of a later entry than the log has stays as it is: then the log is the older one.
 */
export function missingEnds(
  state: State,
  { size, epoch }: { readonly size: number; readonly epoch: number },
  kept: readonly KeptEnd[],
): readonly KeptEnd[] {
  const last = lastKept(kept);
  const missing: KeptEnd[] = [];
  for (const optOut of state.optOuts.all()) {
    const { id, standing } = optOut;
    const entry = state.optOuts.entry(id);
    const held = last.held.get(id);
    const ended = last.ended.get(id);
    if (standing === "pending") {
      if (held?.pending === true && held.entry < entry && !isKept(optOut, held))
        missing.push(heldOf(optOut, entry));
    } else if (standing === "granted") {
      const older = held === undefined || (held.entry < entry && !isKept(optOut, held));
      const resumed = ended?.suspended === true && !ended.resumed && ended.entry < entry;
      if (older || resumed) missing.push(heldOf(optOut, entry));
    } else if (ended === undefined || (ended.suspended && (ended.resumed || standing !== "suspended")))
      missing.push({ kind: "opt-out", id, entry, suspended: standing === "suspended" });
  }
  for (const { id, revokedAt } of state.tokens())
    if (revokedAt !== null && !last.tokens.has(id)) missing.push({ kind: "token", id, entry: size - 1 });
  for (const { id, revokedAt } of state.roles())
    if (revokedAt !== null && !last.roles.has(id)) missing.push({ kind: "role", id, entry: size - 1 });
  for (const { ref, deletedAt } of state.entities())
    if (deletedAt !== null && !last.entities.has(ref))
      missing.push({ kind: "entity", id: ref, entry: size - 1 });
  for (const { placedIn, ...lock } of state.liveLocks)
    if (!last.locks.has(lock.id)) missing.push({ kind: "lock", lock, entry: placedIn });
  for (const factor of state.factors()) {
    const known = last.factors.get(factor.id);
    if (known?.removed === true) continue;
    if (factor.removedAt !== null || factor.spent.length > (known?.spent ?? 0))
      missing.push(...ofFactor(factor, size - 1));
  }
  for (const { id, revokedAt } of state.devices())
    if (revokedAt !== null && !last.devices.has(id)) missing.push({ kind: "device", id, entry: size - 1 });
  const active = state.activeRevision();
  if (active !== undefined && active.id !== last.policy?.revision) {
    const policy = policyOf(active, size - 1);
    if (policy.at > (last.policy?.at ?? -1)) missing.push(policy);
  }
  if (epoch > last.epoch) missing.push({ kind: "epoch", epoch, entry: size - 1 });
  return missing;
}

function isKept(optOut: StoredOptOut, held: KeptHeld): boolean {
  const { standing, expiresAt } = optOut;
  return (
    held.pending === (standing === "pending") &&
    held.expiresAt === expiresAt &&
    held.scope === scopeHash(optOut)
  );
}
