/** Numbered without gaps from 1. */
export interface PostgresMigration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}
