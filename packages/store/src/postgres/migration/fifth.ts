import type { PostgresMigration } from "./migration.ts";

/** Nothing is made: the number tells that rows of `devices` may be there, which a node of before cannot account for. */
export const fifth: PostgresMigration = {
  number: 5,
  name: "devices",
  usableFrom: 5,
  sql: "",
};
