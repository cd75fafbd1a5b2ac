import type { SqliteMigration } from "./migration.ts";

/** Nothing is made: the number tells that rows of `roles` may be there, which a node of before cannot account for. */
export const sixth: SqliteMigration = {
  number: 6,
  name: "roles",
  data: "",
  keyring: "",
  decisions: "",
};
