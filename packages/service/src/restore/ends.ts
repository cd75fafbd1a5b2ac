import type { KeptEnd } from "../ports/kept-ends.ts";
import type { RecordChange } from "../projection/project.ts";

/** What of these changes must hold after a restore of an earlier backup. */
export function endsOf(changes: readonly (RecordChange & { readonly entry: number })[]): readonly KeptEnd[] {
  return changes.flatMap((change): readonly KeptEnd[] => {
    const { entry } = change;
    switch (change.projection) {
      case "opt_outs": {
        const { id, standing } = change.record;
        if (standing === "granted" || standing === "pending") return [];
        return [{ kind: "opt-out", id, entry, suspended: standing === "suspended" }];
      }
      case "tokens":
        return change.record.revokedAt === null ? [] : [{ kind: "token", id: change.id, entry }];
      case "locks": {
        const { placedIn: _, ...lock } = change.record;
        return lock.liftedAt === null ? [{ kind: "lock", lock, entry }] : [];
      }
      case "factors": {
        const { id, removedAt, spent } = change.record;
        if (removedAt === null && spent.length === 0) return [];
        return [{ kind: "factor", id, entry, removed: removedAt !== null, spent: spent.length }];
      }
      default:
        return [];
    }
  });
}
