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
/** Of each kind of count. */
const MOST = 100_000;

export interface Trying {
  /** Keyed hash of the name that was given, whether there is such an account or not. */
  readonly account: string;
  readonly network: string;
  /**
   * A device on which all that the account can reach was proved before; it counts by itself, whatever strangers do.
   *
   * DANGER: a device that showed the password alone is no more than anybody who knows it: each would have codes of its
   * own to guess.
   */
  readonly device: string | null;
}

/** What somebody can guess at: each slows itself down, and a right password says nothing of codes. */
export type Guessed = "password" | "code";

/** A try that counts as failed until it is known better. */
export interface Counted {
  /** The next one has to wait. */
  readonly slower: boolean;
  /** It was never looked at. */
  takeBack(): void;
}

/** Slows guessing down. Failures of one network never slow another one, nor a device that is known. */
export interface Throttle {
  /** Milliseconds to wait before this may be tried; 0: now. */
  wait(trying: Trying, what: Guessed): number;
  /** Called before what takes time, so that many at once are not looked at as if each were the first. */
  failed(trying: Trying, what: Guessed): Counted;
  /** Takes the failures of the same account from here back, that of this very try included. */
  succeeded(trying: Trying, what: Guessed): void;
}

interface Count {
  failures: number;
  readonly since: number;
  until: number;
}

/** In memory of one node: losing it gives a guesser a few tries. */
export function throttle(world: Pick<World, "monotonic">): Throttle {
  const own = counts(world, FORGOTTEN_MS);
  const networks = counts(world, NETWORK_SPAN_MS);
  const codes = counts(world, CODE_SPAN_MS);
  const keyOf = ({ account, network, device }: Trying, what: Guessed): string =>
    device === null ? `${what} net ${account} ${network}` : `${what} dev ${account} ${device}`;
  const shared = ({ account, network, device }: Trying, what: Guessed): readonly Count[] =>
    device !== null ? [] : [networks.count(network), ...(what === "code" ? [codes.count(account)] : [])];
  const left = (until: number): number => Math.max(0, until - world.monotonic());
  const over = (count: Count | null, span: number, budget: number): number =>
    count === null || count.failures < budget ? 0 : left(count.since + span);
  const less = (count: Count): void => {
    count.failures = Math.max(0, count.failures - 1);
  };
  return {
    wait(trying, what) {
      const wait = left(own.known(keyOf(trying, what))?.until ?? 0);
      if (trying.device !== null) return wait;
      const network = over(networks.known(trying.network), NETWORK_SPAN_MS, NETWORK_BUDGET);
      return Math.max(
        wait,
        network,
        what === "code" ? over(codes.known(trying.account), CODE_SPAN_MS, CODE_BUDGET) : 0,
      );
    },
    failed(trying, what) {
      const one = own.count(keyOf(trying, what));
      const before = one.until;
      one.failures += 1;
      const beyond = one.failures - FREE;
      if (beyond >= 0)
        one.until = world.monotonic() + Math.min(1_000 * 2 ** Math.min(beyond, 20), LONGEST_MS);
      const others = shared(trying, what);
      for (const count of others) count.failures += 1;
      return {
        slower: beyond >= 0,
        takeBack() {
          for (const count of [one, ...others]) less(count);
          one.until = before;
        },
      };
    },
    succeeded(trying, what) {
      own.forget(keyOf(trying, what));
      shared(trying, what).forEach(less);
    },
  };
}

interface Counts {
  /** Null: nothing failed. Looking makes none. */
  known(key: string): Count | null;
  count(key: string): Count;
  forget(key: string): void;
}

/**
 * DANGER: whoever can make many counts must not push out one that slows somebody down. Where there is no more room,
 * what is over goes first, and then those with the fewest failures.
 */
function counts(world: Pick<World, "monotonic">, span: number): Counts {
  const all = new Map<string, Count>();
  const known = (key: string): Count | null => {
    const found = all.get(key);
    return found !== undefined && world.monotonic() - found.since < span ? found : null;
  };
  const makeRoom = (): void => {
    if (all.size < MOST) return;
    for (const key of all.keys()) if (known(key) === null) all.delete(key);
    const few = [...all].sort(([, a], [, b]) => a.failures - b.failures);
    for (const [key] of few.slice(0, all.size - MOST * 0.9)) all.delete(key);
  };
  return {
    known,
    count(key) {
      const found = known(key);
      if (found !== null) return found;
      makeRoom();
      const fresh = { failures: 0, since: world.monotonic(), until: 0 };
      all.set(key, fresh);
      return fresh;
    },
    forget(key) {
      all.delete(key);
    },
  };
}
