import type { Lock } from "@postern/core";

/** Something that ended or was shut, as it must hold after a restore too. No personal data. */
export type KeptEnd =
  | { readonly kind: "opt-out"; readonly id: string; readonly entry: number; readonly suspended: boolean }
  | { readonly kind: "token"; readonly id: string; readonly entry: number }
  /** A factor that was removed, or a set of recovery codes of which so many were used. */
  | {
      readonly kind: "factor";
      readonly id: string;
      readonly entry: number;
      readonly removed: boolean;
      readonly spent: number;
    }
  | { readonly kind: "lock"; readonly lock: Lock; readonly entry: number };

/**
 * What ended, kept outside the database beside the last signed head, so that a restored backup cannot revive it. Each
 * is durable there before whoever ended it is answered.
 */
export interface KeptEnds {
  append(ends: readonly KeptEnd[]): Promise<void>;
  /** Null: none were ever kept. */
  read(): Promise<readonly KeptEnd[] | null>;
}
