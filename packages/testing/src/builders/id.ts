import type { Id, IdPrefix } from "@postern/core";

/** An identifier that says in a failure whose it is. */
export function idOf<Prefix extends IdPrefix>(prefix: Prefix, name: string): Id<Prefix> {
  return `${prefix}_${name}` as Id<Prefix>;
}
