/** What an operator wants to know of a store, in the words of `postern doctor`. */
export interface StoreStatus {
  readonly kind: "sqlite" | "postgres";
  /** Version of the database, such as `3.53.4`. */
  readonly version: string;
  /** In order of their numbers. `at` is in milliseconds since 1970. */
  readonly migrations: readonly AppliedMigration[];
  /** The newest migration that this build knows. */
  readonly newest: number;
  /** Settings that weaken durability or erasure, each one sentence. */
  readonly warnings: readonly string[];
}

export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly at: number;
}
