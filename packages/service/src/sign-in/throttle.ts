import type { World } from "../ports/world.ts";

/** Failures before the first wait, and the longest wait. */
const FREE = 3;
const LONGEST_MS = 900_000;
/** Failures over all accounts that one network may have within ten minutes. */
const NETWORK_BUDGET = 100;
const NETWORK_SPAN_MS = 600_000;
/** Wrong codes for one account, after its right password, within a day and from all networks together. */
const CODE_BUDGET = 100;
const CODE_SPAN_MS = 86_400_000;
const FORGOTTEN_MS = 86_400_000;
const MOST = 100_000;

export interface Trying {
  /** Keyed hash of the name that was given, whether there is such an account or not. */
  readonly account: string;
  readonly network: string;
  /** A device that has signed in to this account before; it counts by itself, whatever strangers do. */
  readonly device: string | null;
}

/** Slows guessing down. Failures of one network never slow another one, nor a device that is known. */
export interface Throttle {
  /** Milliseconds to wait before this may be tried; 0: now. */
  wait(trying: Trying, what: "password" | "code"): number;
  /**
   * Counts a try as failed; true where the next one has to wait. Called before what takes time, so that many at once
   * are not looked at as if each were the first.
   */
  failed(trying: Trying, what: "password" | "code"): boolean;
  /** Takes back what was counted before it was known that it fits, and all failures of the same account from here. */
  succeeded(trying: Trying): void;
}

interface Count {
  failures: number;
  readonly since: number;
  until: number;
}

/** In memory of one node: losing it gives a guesser a few tries. */
export function throttle(world: Pick<World, "monotonic">): Throttle {
  const counts = new Map<string, Count>();
  const keyOf = ({ account, network, device }: Trying): string =>
    device === null ? `net ${account} ${network}` : `dev ${account} ${device}`;
  const count = (key: string, span: number): Count => {
    const now = world.monotonic();
    const known = counts.get(key);
    if (known !== undefined && now - known.since < span) return known;
    if (counts.size >= MOST) for (const old of [...counts.keys()].slice(0, MOST / 10)) counts.delete(old);
    const fresh = { failures: 0, since: now, until: 0 };
    counts.set(key, fresh);
    return fresh;
  };
  const left = (until: number): number => Math.max(0, until - world.monotonic());
  const over = (key: string, span: number, budget: number): number => {
    const { failures, since } = count(key, span);
    return failures < budget ? 0 : left(since + span);
  };
  return {
    wait(trying, what) {
      const own = left(count(keyOf(trying), FORGOTTEN_MS).until);
      if (trying.device !== null) return own;
      const network = over(`all ${trying.network}`, NETWORK_SPAN_MS, NETWORK_BUDGET);
      const codes = what === "code" ? over(`code ${trying.account}`, CODE_SPAN_MS, CODE_BUDGET) : 0;
      return Math.max(own, network, codes);
    },
    failed(trying, what) {
      const one = count(keyOf(trying), FORGOTTEN_MS);
      one.failures += 1;
      const beyond = one.failures - FREE;
      if (beyond >= 0)
        one.until = world.monotonic() + Math.min(1_000 * 2 ** Math.min(beyond, 20), LONGEST_MS);
      if (trying.device === null) {
        count(`all ${trying.network}`, NETWORK_SPAN_MS).failures += 1;
        if (what === "code") count(`code ${trying.account}`, CODE_SPAN_MS).failures += 1;
      }
      return beyond >= 0;
    },
    succeeded(trying) {
      counts.delete(keyOf(trying));
      if (trying.device !== null) return;
      const all = count(`all ${trying.network}`, NETWORK_SPAN_MS);
      all.failures = Math.max(0, all.failures - 1);
    },
  };
}
