/** Why a password is not taken. */
export type PasswordWeakness = "too-short" | "too-long" | "common";

/** Slow hashing of passwords, off the deciding thread. */
export interface PasswordHash {
  /** `about` are words that a stranger would try first, such as the account's name. Null: it may be used. */
  weakness(password: string, about: readonly string[]): PasswordWeakness | null;
  /** A PHC string. Null: too much at once. */
  hash(password: string): Promise<string | null>;
  /**
   * Whether the password is the one that was hashed. Null in the place of a hash costs the same and answers false, so
   * that an unknown account takes as long as a wrong password. Null as the answer: too much at once.
   */
  matches(hash: string | null, password: string): Promise<boolean | null>;
}
