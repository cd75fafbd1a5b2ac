import { bodyOf, canonical, type OptOutBody, optOutOf } from "@postern/core";
import type { Projection } from "../ports/store.ts";
import type { Records } from "./state.ts";

/** A record as the canonical JSON of its row. */
export function rowBody<Table extends Projection>(projection: Table, record: Records[Table]): string {
  return canonical(projection === "opt_outs" ? bodyOf(record as Records["opt_outs"]) : record);
}

/** Reads a row back. Only for rows whose tag matched: what we wrote needs no validation. */
export function recordOf<Table extends Projection>(projection: Table, body: string): Records[Table] {
  const value: unknown = JSON.parse(body);
  if (projection !== "opt_outs") return value as Records[Table];
  const stored = value as OptOutBody & { readonly requestedIn: number };
  return { ...optOutOf(stored), requestedIn: stored.requestedIn } as Records[Table];
}
