import { compareAttributes } from "./compare/attributes.ts";
import type { Change, Direction, Note } from "./compare/change.ts";
import { compareOffers } from "./compare/offer.ts";
import { compareProtections, type Notes } from "./compare/protection.ts";
import { compareRisk } from "./compare/risk.ts";
import { compareSessionProfiles } from "./compare/session-profile.ts";
import { compareSignalRules } from "./compare/signal-rule.ts";
import type { Policy, Position } from "./revision.ts";

export type { Change, Direction } from "./compare/change.ts";

export interface Comparison {
  readonly wider: readonly Change[];
  readonly narrower: readonly Change[];
  readonly neutral: readonly Change[];
}

/**
 * Compares two revisions rule by rule (Law 9). A revision is not wider than another where `wider` is empty;
 * what cannot be proved narrower or neutral, a changed condition text among it, counts as wider.
 */
export function compareRevisions(from: Policy, to: Policy): Comparison {
  const changes: Record<Direction, Change[]> = { wider: [], narrower: [], neutral: [] };
  const notes: Notes =
    (kind, name): Note =>
    (direction, field, before, after, at: Position | null = null) => {
      changes[direction].push({ kind, name, field, from: before, to: after, at });
    };
  compareProtections(from, to, notes);
  compareOffers(from, to, notes);
  compareRisk(from, to, notes("Risk", "risk"));
  compareSessionProfiles(from, to, notes);
  compareSignalRules(from, to, notes);
  compareAttributes(from, to, notes);
  return changes;
}
