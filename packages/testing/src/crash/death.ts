import { CRASH_POINTS, type CrashPoint } from "@postern/service";
import { between, type Dice } from "./seeded.ts";

/** How a round ends. `after` is in milliseconds from the first acknowledged write. */
export type Death =
  | { readonly kind: "point"; readonly point: CrashPoint; readonly occurrence: number }
  | { readonly kind: "any-moment"; readonly after: number }
  /** PostgreSQL dies under a node that lives on; the node is killed `later` after it is back. */
  | { readonly kind: "database"; readonly after: number; readonly later: number }
  | { readonly kind: "database-and-node"; readonly after: number };

/** Every other round at a crash point, taken in turn, so that a few rounds reach them all. */
export function chooseDeath(round: number, store: "sqlite" | "postgres", dice: Dice): Death {
  const after = between(dice, 20, 400);
  if (store === "postgres" && round % 10 === 4)
    return { kind: "database", after: between(dice, 20, 200), later: between(dice, 50, 300) };
  if (store === "postgres" && round % 10 === 8) return { kind: "database-and-node", after };
  if (round % 2 === 0) return { kind: "any-moment", after };
  const point = CRASH_POINTS[((round - 1) / 2) % CRASH_POINTS.length] ?? "before-begin";
  return { kind: "point", point, occurrence: between(dice, 6, 60) };
}

export function described(death: Death): string {
  switch (death.kind) {
    case "point":
      return `killed itself at ${death.point}, append ${death.occurrence}`;
    case "any-moment":
      return `killed ${death.after} ms into its writes`;
    case "database":
      return `PostgreSQL killed at ${death.after} ms, the node ${death.later} ms after its first write since`;
    case "database-and-node":
      return `PostgreSQL and the node killed at ${death.after} ms`;
  }
}
