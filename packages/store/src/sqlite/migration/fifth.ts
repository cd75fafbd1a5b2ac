import type { SqliteMigration } from "./migration.ts";

/** Nothing is made: the number tells that rows of `devices` may be there, which a node of before cannot account for. */
export const fifth: SqliteMigration = {
  number: 5,
  name: "devices",
  data: "",
  keyring: "",
  decisions: "",
};
