import type { Projection } from "../ports/store.ts";

/** One thing that is not as it was recorded, and where. */
export interface AuditFinding {
  readonly where: /** With `through`, one or more of the entries from `entry` to `through`. */
    | { readonly entry: number; readonly through?: number }
    /** `opt_outs/oo_…`, or only `opt_outs` where the set is wrong and the row is not known. */
    | { readonly row: string }
    | { readonly revision: string }
    | { readonly key: string }
    | "head"
    | "kept head";
  /** A sentence to be read aloud. */
  readonly detail: string;
}

const NOUNS: Readonly<Record<Projection, { readonly one: string; readonly many: string }>> = {
  opt_outs: { one: "the opt-out", many: "opt-outs" },
  locks: { one: "the lock", many: "locks" },
  sessions: { one: "the session", many: "sessions" },
  entities: { one: "the record of", many: "subjects, devices and resources" },
  tokens: { one: "the token", many: "tokens" },
  revisions: { one: "the policy revision", many: "policy revisions" },
  reviews: { one: "the review", many: "reviews" },
  uses: { one: "the count of uses of", many: "counts of uses" },
  factors: { one: "the factor", many: "factors" },
  roles: { one: "the role", many: "roles" },
  devices: { one: "the device", many: "devices" },
  keys: { one: "the key record", many: "key records" },
  fences: { one: "the fence", many: "fences" },
};

/** ``the opt-out `oo_…` ``. */
export function theRow(projection: Projection, id: string): string {
  return `${NOUNS[projection].one} \`${id}\``;
}

export function rowsOf(projection: Projection): string {
  return NOUNS[projection].many;
}

/** `entry 6`, `entries 6 to 9`. */
export function entriesFromTo(from: number, through: number): string {
  return from >= through ? `entry ${from}` : `entries ${from} to ${through}`;
}
