import type { PostgresMigration } from "./migration.ts";

/** Nothing is made: the number tells that rows of `roles` may be there, which a node of before cannot account for. */
export const sixth: PostgresMigration = {
  number: 6,
  name: "roles",
  usableFrom: 6,
  sql: "",
};
