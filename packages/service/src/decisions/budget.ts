import type { Duration } from "@postern/core";
import type { World } from "../ports/world.ts";

/** What policy lets one network use of an anonymous offer; null: the offer has none, and nothing may be used. */
export type Budget = { readonly uses: number; readonly per: Duration } | null;

/**
 * Uses of anonymous offers per network and span. Working state: a restart forgets the uses of the spans under way
 * and no more. Nodes count each for itself, so each has an equal part of the budget, rounded up.
 */
export interface Budgets {
  spent(offer: string, budget: Budget, network: string | null): boolean;
  spend(offer: string, budget: Budget, network: string | null): void;
}

interface Span {
  readonly endsAt: number;
  used: number;
}

/** More networks than this at once is an attack: what does not fit is spent. */
const MOST_NETWORKS = 100_000;

export function budgets(world: Pick<World, "monotonic">, nodes: () => number = () => 1): Budgets {
  const spans = new Map<string, Span>();
  /** When the first of the spans ends: before that, looking for ended ones finds none. */
  let firstEnd = Number.POSITIVE_INFINITY;

  const keyOf = (offer: string, network: string | null): string => `${offer} ${network ?? "unknown"}`;
  const running = (offer: string, network: string | null): Span | undefined => {
    const span = spans.get(keyOf(offer, network));
    return span !== undefined && world.monotonic() < span.endsAt ? span : undefined;
  };
  const isFull = (): boolean => {
    const now = world.monotonic();
    if (spans.size >= MOST_NETWORKS && now >= firstEnd) {
      firstEnd = Number.POSITIVE_INFINITY;
      for (const [key, { endsAt }] of spans) {
        if (now >= endsAt) spans.delete(key);
        else firstEnd = Math.min(firstEnd, endsAt);
      }
    }
    return spans.size >= MOST_NETWORKS;
  };
  return {
    spent(offer, budget, network) {
      if (budget === null) return true;
      const span = running(offer, network);
      return span === undefined ? isFull() : span.used >= Math.ceil(budget.uses / nodes());
    },
    spend(offer, budget, network) {
      if (budget === null) return;
      const span = running(offer, network);
      if (span !== undefined) {
        span.used += 1;
        return;
      }
      const endsAt = (Math.floor(world.monotonic() / budget.per) + 1) * budget.per;
      spans.set(keyOf(offer, network), { endsAt, used: 1 });
      firstEnd = Math.min(firstEnd, endsAt);
    },
  };
}
