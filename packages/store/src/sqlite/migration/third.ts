import type { SqliteMigration } from "./migration.ts";

/** Nothing is made: the number tells that rows of `factors` may be there. */
export const third: SqliteMigration = {
  number: 3,
  name: "factors",
  data: "",
  keyring: "",
  decisions: "",
};
