/** What somebody said of a challenge, a denial or a signal. */
export interface Mark {
  readonly id: string;
  readonly as: "unneeded" | "right";
  /** Said by the person whom it was about. */
  readonly own: boolean;
  readonly at: string;
  /** Where it stands in the ledger; null: it had been said already. */
  readonly entry: number | null;
}
