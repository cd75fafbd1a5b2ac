/** Numbered without gaps from 1. */
export interface PostgresMigration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** The oldest schema number whose nodes can still read and write what this makes of the database. */
  readonly usableFrom: number;
}
