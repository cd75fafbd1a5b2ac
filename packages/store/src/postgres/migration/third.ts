import type { PostgresMigration } from "./migration.ts";

/**
 * Nothing is made: the number tells that rows of `factors` may be there, which a node of an earlier version could not
 * account for.
 */
export const third: PostgresMigration = {
  number: 3,
  name: "factors",
  usableFrom: 3,
  sql: "",
};
