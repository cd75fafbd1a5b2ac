import type { EntityName, Outcome } from "@postern/core";

export interface ExportQuery {
  /** RFC 3339; omitted: a day before `until`. */
  readonly since?: string;
  /** RFC 3339; omitted: now. */
  readonly until?: string;
  /** At most so many decisions. */
  readonly limit?: number;
  readonly subject?: EntityName;
  readonly outcome?: Outcome;
  /** Which decisions the caller may be told of. */
  readonly mayTell: (resource: { readonly type: string; readonly id: string }) => boolean;
  /** Whether nobody waits for it any more. */
  readonly gone: () => boolean;
}

/** Why a line of a file is left out. `not_ours`: changed, damaged, or of another deployment. */
export type LeftOut = "unreadable" | "not_ours" | "twice";
