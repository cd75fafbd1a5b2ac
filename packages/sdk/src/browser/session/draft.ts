/** What is typed into one form, kept sealed in this browser. */
export interface Draft {
  /** Whether something was put back, once that is known. */
  readonly restored: Promise<boolean>;
  /** What is typed here outlives the session: it can be put back after the same person signed in again. */
  readonly lasts: boolean;
  /** Until when what is kept now stays, in milliseconds of the server's clock. Null: nothing is kept. */
  readonly keptUntil: number | null;
  /** Seals what is there now. False: it could not be kept. */
  save(): Promise<boolean>;
  /** Removes what is kept, once the server has what was typed. */
  forget(): Promise<void>;
  /** Keeps nothing from now on. What is kept already stays. */
  stop(): void;
}
