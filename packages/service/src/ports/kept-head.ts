/**
 * The last signed head, kept outside the database, so that a database put back as a whole is noticed. Written
 * atomically: a reader sees the old one or the new one.
 */
export interface KeptHead {
  /** Null: none was ever kept. */
  read(): Promise<string | null>;
  write(note: string): Promise<void>;
}
