/** Numbered without gaps from 1. Each file of the data directory records what it has seen. */
export interface SqliteMigration {
  readonly number: number;
  readonly name: string;
  readonly data: string;
  readonly keyring: string;
  readonly decisions: string;
}
