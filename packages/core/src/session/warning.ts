/** WCAG 2.2 success criterion 2.2.1: at least 20 seconds to answer. */
const SHORTEST_MS = 20_000;
const SHORT_TIMEOUT_MS = 300_000;

/**
 * How long before the end by inactivity its person is warned, in milliseconds. Policy may say; else a fifth of the
 * timeout between two and five minutes, and a minute where the timeout is five minutes or less.
 */
export function warningBefore(length: number | null, stated: number | null): number {
  // Half of the timeout at most: a warning that is always there warns of nothing.
  if (stated !== null) return Math.max(SHORTEST_MS, Math.min(stated, (length ?? stated * 2) / 2));
  if (length === null) return 2 * 60_000;
  if (length <= SHORT_TIMEOUT_MS) return Math.max(SHORTEST_MS, Math.min(60_000, length / 2));
  return Math.max(2 * 60_000, Math.min(length / 5, 5 * 60_000));
}
