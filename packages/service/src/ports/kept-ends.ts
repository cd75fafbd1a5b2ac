import type { Lock } from "@postern/core";

/** Something that ended, narrowed or was shut, as it must hold after a restore too. No personal data. */
export type KeptEnd =
  | { readonly kind: "opt-out"; readonly id: string; readonly entry: number; readonly suspended: boolean }
  | KeptHeld
  | { readonly kind: "token"; readonly id: string; readonly entry: number }
  /** A role that was taken away. */
  | { readonly kind: "role"; readonly id: string; readonly entry: number }
  /** A person, device or resource that was deleted, by reference. */
  | { readonly kind: "entity"; readonly id: string; readonly entry: number }
  /** A factor that was removed, or a set of recovery codes of which so many were used. */
  | {
      readonly kind: "factor";
      readonly id: string;
      readonly entry: number;
      readonly removed: boolean;
      readonly spent: number;
    }
  /** A device that is trusted no more, by reference. */
  | { readonly kind: "device"; readonly id: string; readonly entry: number }
  | { readonly kind: "lock"; readonly lock: Lock; readonly entry: number }
  | KeptPolicy
  /** The log is in this epoch: none that goes on from a backup may be in it again. */
  | { readonly kind: "epoch"; readonly epoch: number; readonly entry: number };

/** What an opt-out covers and until when, each time that it changes: the last one of an id counts. */
export interface KeptHeld {
  readonly kind: "held";
  readonly id: string;
  readonly entry: number;
  /** Nobody had decided on it yet. */
  readonly pending: boolean;
  /** SHA-256 of the scope's canonical JSON, hexadecimal. */
  readonly scope: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** The policy that was put in force: the last one counts. */
export interface KeptPolicy {
  readonly kind: "policy";
  readonly revision: string;
  readonly entry: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What was kept cannot be read back. `line` counts from 1. */
export class KeptEndsError extends Error {
  override readonly name: string = "KeptEndsError";
  readonly code = "restore.ends_malformed" as const;
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export interface ReadEnds {
  readonly ends: readonly KeptEnd[];
  /** The last line was not finished: whoever it tells of was not answered. */
  readonly torn: boolean;
}

/**
 * What ended or narrowed, kept outside the database beside the last signed head, so that a restored backup cannot
 * revive or widen it. Each is durable there before whoever did it is answered.
 */
export interface KeptEnds {
  /** What is given first stands first, whichever is written sooner. */
  append(ends: readonly KeptEnd[]): Promise<void>;
  /** Null: none were ever kept. Throws {@link KeptEndsError} for a line that cannot be read. */
  read(): Promise<ReadEnds | null>;
}
