import type { World } from "@postern/service";

/** Holds off whoever guesses the codes that devices show (RFC 8628 section 5.1). */
export interface UserCodeGuesses {
  mayTry(network: string): boolean;
  wrong(network: string): void;
}

const MOST = 10;
const WITHIN = 600_000;
const MOST_NETWORKS = 50_000;

interface Counted {
  readonly count: number;
  readonly until: number;
}

export function userCodeGuesses(world: Pick<World, "monotonic">): UserCodeGuesses {
  const counts = new Map<string, Counted>();
  const known = (network: string): Counted | null => {
    const found = counts.get(network);
    return found !== undefined && world.monotonic() < found.until ? found : null;
  };
  return {
    mayTry: (network) => (known(network)?.count ?? 0) < MOST,
    wrong(network) {
      const now = world.monotonic();
      const { count, until } = known(network) ?? { count: 0, until: now + WITHIN };
      for (const [key, one] of counts) {
        if (now < one.until && counts.size < MOST_NETWORKS) break;
        counts.delete(key);
      }
      counts.set(network, { count: count + 1, until });
    },
  };
}
