import type { World } from "@postern/service";

/** Holds off whoever begins more than a network's people ever do: each beginning is kept until its time is over. */
export interface Beginnings {
  mayBegin(network: string): boolean;
}

/** Beginnings of one network within a minute: an office that comes to work at nine behind one address. */
const MOST = 600;
const WITHIN = 60_000;
const MOST_NETWORKS = 50_000;

export function beginnings(world: Pick<World, "monotonic">): Beginnings {
  const counts = new Map<string, { count: number; readonly until: number }>();
  return {
    mayBegin(network) {
      const now = world.monotonic();
      const found = counts.get(network);
      if (found !== undefined && now < found.until) {
        found.count += 1;
        return found.count <= MOST;
      }
      for (const [key, { until }] of counts) {
        if (now < until && counts.size < MOST_NETWORKS) break;
        counts.delete(key);
      }
      counts.delete(network);
      counts.set(network, { count: 1, until: now + WITHIN });
      return true;
    },
  };
}
