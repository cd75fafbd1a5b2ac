const MOST = 5;
const SPAN = 60_000;

/** Counts wrong tries per name, so that a password or code cannot be guessed by trying. */
export interface Attempts {
  /** Whole seconds to wait before the next try; 0: go ahead. */
  wait(name: string, at: number): number;
  failed(name: string, at: number): void;
  succeeded(name: string): void;
}

const MOST_NAMES = 10_000;

export function createAttempts(): Attempts {
  const failures = new Map<string, { count: number; since: number }>();
  return {
    wait(name, at) {
      const seen = failures.get(name);
      if (seen === undefined || seen.count < MOST) return 0;
      return Math.max(Math.ceil((seen.since + SPAN - at) / 1000), 0);
    },
    failed(name, at) {
      const seen = failures.get(name);
      if (seen !== undefined && at - seen.since < SPAN) {
        seen.count += 1;
        return;
      }
      const oldest = failures.size >= MOST_NAMES ? failures.keys().next().value : undefined;
      if (oldest !== undefined) failures.delete(oldest);
      failures.set(name, { count: 1, since: at });
    },
    succeeded: (name) => void failures.delete(name),
  };
}
