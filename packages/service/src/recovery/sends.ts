import type { World } from "../ports/world.ts";

const HOUR_MS = 3_600_000;
/** Asked for from one network within an hour, whatever the accounts. */
const NETWORK_BUDGET = 60;
/** Messages within an hour to one account, asked for from one network or from one device that is known to it. */
const PLACE_BUDGET = 5;
/** Messages within a day to one account, asked for by strangers from all networks together: the first of each, and the rest. */
const FIRST_BUDGET = 40;
const REST_BUDGET = 10;
const DAY_MS = 86_400_000;
/** Tries for one account within a day, by whoever reads its mail. */
const PROOFS_BUDGET = 50;
const MOST = 100_000;

/** How often recovery is asked for. A device that is known to an account counts by itself, whatever strangers do. */
export interface RecoverySends {
  /** Whether this network may ask at all: the same whoever is asked for. Counts it. */
  mayAsk(network: string): boolean;
  /** Whether one more message may go to an account, there or not. Counts it. */
  maySend(account: string, network: string, device: string | null): boolean;
  /** Whether something beside a mailed code that was read may be tried. Counts it. */
  mayProve(account: string): boolean;
}

/** In memory of one node: losing it lets through a few messages more. */
export function recoverySends(world: Pick<World, "monotonic">): RecoverySends {
  const counts = new Map<string, { count: number; readonly since: number }>();
  const left = (key: string, span: number, budget: number): boolean => {
    const now = world.monotonic();
    const known = counts.get(key);
    const one = known !== undefined && now - known.since < span ? known : { count: 0, since: now };
    if (counts.size >= MOST) for (const old of [...counts.keys()].slice(0, MOST / 10)) counts.delete(old);
    one.count += 1;
    counts.set(key, one);
    return one.count <= budget;
  };
  return {
    mayProve: (account) => left(`prove ${account}`, DAY_MS, PROOFS_BUDGET),
    mayAsk: (network) => left(`net ${network}`, HOUR_MS, NETWORK_BUDGET),
    maySend(account, network, device) {
      if (device !== null) return left(`dev ${account} ${device}`, HOUR_MS, PLACE_BUDGET);
      // Whoever asks again and again uses up what is left for asking again, not for asking once.
      if (left(`first ${account} ${network}`, DAY_MS, 1))
        return left(`firsts ${account}`, DAY_MS, FIRST_BUDGET);
      return (
        left(`at ${account} ${network}`, HOUR_MS, PLACE_BUDGET - 1) &&
        left(`rest ${account}`, DAY_MS, REST_BUDGET)
      );
    },
  };
}
