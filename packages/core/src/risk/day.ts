import type { Instant } from "../vocabulary/instant.ts";

declare const brand: unique symbol;

/** A whole day of control-plane time, counted from 2020-01-01 in UTC; 0 to 16,383. */
export type Day = number & { readonly [brand]: true };

export const LAST_DAY = 16_383;
const MILLISECONDS = 86_400_000;
const FIRST: number = Date.UTC(2020, 0, 1) / MILLISECONDS;

/** What lies before the first day counts as it, what lies after the last one as that. */
export function dayOf(at: Instant): Day {
  return Math.min(Math.max(Math.floor(at / MILLISECONDS) - FIRST, 0), LAST_DAY) as Day;
}
