import type { Duration } from "@postern/core";
import type { World } from "../ports/world.ts";

/** Uses of anonymous offers per network and span: working state, whose loss is bounded by the lease of a span. */
export interface Budgets {
  spent(
    offer: string,
    budget: { readonly uses: number; readonly per: Duration } | null,
    network: string | null,
  ): boolean;
  spend(
    offer: string,
    budget: { readonly uses: number; readonly per: Duration } | null,
    network: string | null,
  ): void;
}

/** More networks than this at once is an attack: what does not fit is spent. */
const MOST_NETWORKS = 100_000;

export function budgets(world: World): Budgets {
  const windows = new Map<string, { readonly from: number; used: number }>();
  const windowOf = (
    offer: string,
    per: Duration,
    network: string | null,
  ): { readonly key: string; readonly from: number } => ({
    key: `${offer} ${network ?? "unknown"}`,
    from: Math.floor(world.monotonic() / per) * per,
  });
  return {
    spent(offer, budget, network) {
      if (budget === null) return true;
      const { key, from } = windowOf(offer, budget.per, network);
      const window = windows.get(key);
      if (window === undefined) return windows.size >= MOST_NETWORKS;
      return window.from === from && window.used >= budget.uses;
    },
    spend(offer, budget, network) {
      if (budget === null) return;
      const { key, from } = windowOf(offer, budget.per, network);
      const window = windows.get(key);
      if (window !== undefined && window.from === from) {
        window.used += 1;
        return;
      }
      if (windows.size >= MOST_NETWORKS) {
        for (const [other, { from: since }] of windows)
          if (since + budget.per <= world.monotonic()) windows.delete(other);
      }
      windows.set(key, { from, used: 1 });
    },
  };
}
