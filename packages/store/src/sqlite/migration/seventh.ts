import type { SqliteMigration } from "./migration.ts";

/**
 * Nothing is made: the number tells that entries and rows may speak of signals, recoveries and tokens that came twice,
 * which a node of before cannot read.
 */
export const seventh: SqliteMigration = {
  number: 7,
  name: "signals",
  data: "",
  keyring: "",
  decisions: "",
};
