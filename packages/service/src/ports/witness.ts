/** What a witness answered to a checkpoint (C2SP tlog-witness, add-checkpoint). Nothing in it is verified. */
export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly lines: string }
  /** It last cosigned another size than the request builds on, or another root at this size. */
  | { readonly kind: "conflict"; readonly size: bigint | null }
  /** It does not know the log, does not take the signature, or does not take the proof. */
  | { readonly kind: "refused"; readonly status: number };

/** One witness of the ledger, reached over the network. A call that fails or takes too long throws. */
export interface Witness {
  /** A key of type 0x04. */
  readonly vkey: string;
  addCheckpoint(body: string): Promise<WitnessAnswer>;
  /** The newest checkpoint that it has cosigned of this log; null where it does not say. */
  newest(origin: string): Promise<string | null>;
}

/** How it stands with a witness, for operators. */
export interface WitnessStatus {
  readonly name: string;
  /** `away`: it does not answer. `refuses`: it answers, and does not cosign. */
  readonly state: "asked" | "cosigns" | "refuses" | "away";
  /** The largest size that it has cosigned. */
  readonly size: number;
  /** Seconds since 1970, as it stated; null: not since this node was started. */
  readonly cosignedAt: number | null;
}
