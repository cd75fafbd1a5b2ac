import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import { earlier, type Instant, instant } from "../vocabulary/instant.ts";
import { endOf, type OptOut, stateOf } from "./record.ts";

/** What the holder and the owner are told of an opt-out. */
export type NoticeKind =
  | "granted"
  | "renewed"
  | "unusual"
  | "ending"
  | "ended"
  | "refused"
  | "suspended"
  | "resumed";

/** What a person is told of their account. */
export type AccountNoticeKind = "recovered";

/** By whom or by what it ended, or was refused. */
export type NoticeCause =
  | "time"
  | "review-unanswered"
  | "person"
  | "operator"
  | "review"
  | "entity-deleted"
  | "lost-tail"
  | "signal"
  | "calm"
  | "step-up"
  | "cleared"
  | "denied"
  | "lapsed";

const DAY = 86_400_000;
const LEADS: readonly Duration[] = [milliseconds(14 * DAY), milliseconds(7 * DAY)];

/** A notice that follows from the clock alone. */
export interface TimedNotice {
  readonly kind: "ending" | "ended" | "refused";
  readonly at: Instant;
  readonly cause: NoticeCause | null;
}

/**
 * What falls due after `from` and up to `to`, by arithmetic on the record as it stands: a warning 14 and 7 days
 * before the end, or at half its life where that comes later, and the end itself. A choice made anew counts its
 * life anew.
 */
export function timedNotices(optOut: OptOut, from: Instant, to: Instant): readonly TimedNotice[] {
  const due = (at: Instant): boolean => from < at && at <= to;
  switch (optOut.standing) {
    case "pending": {
      const at = earlier(optOut.decideBy, optOut.expiresAt);
      return due(at) ? [{ kind: "refused", at, cause: "lapsed" }] : [];
    }
    case "granted":
    case "suspended": {
      const end = endOf(optOut);
      const since = Math.max(optOut.startsAt, optOut.consent?.at ?? optOut.startsAt);
      const half = Math.floor((end - since) / 2);
      const warnings = [...new Set(LEADS.map((lead) => end - Math.min(lead, half)))].filter((at) => at < end);
      const told: TimedNotice[] = warnings
        .map((at) => instant(at))
        .filter((at) => due(at) && stateOf(optOut, at) !== "scheduled")
        .map((at) => ({ kind: "ending", at, cause: null }));
      if (due(end)) {
        const unanswered = optOut.reviewBy < optOut.expiresAt && optOut.reviewBy < optOut.capAt;
        told.push({ kind: "ended", at: end, cause: unanswered ? "review-unanswered" : "time" });
      }
      return told;
    }
    case "revoked":
    case "denied":
    case "withdrawn":
      return [];
    default:
      return optOut.standing satisfies never;
  }
}

/** How often an opt-out was used on a day, and on its busiest day before. */
export interface UseCount {
  /** Days since 1970 in UTC. */
  readonly day: number;
  readonly used: number;
  /** Zero: this is the first day that counts. */
  readonly most: number;
}

/** Fewer uses on a day are never unusual. */
const QUIET = 50;
/** Where nothing is known yet of how often it is used. */
const FIRST_DAY = 1_000;
const TIMES = 5;

/** How many uses on its day make it unusual: five times its busiest day so far. */
export function unusualFrom({ most }: UseCount): number {
  return most === 0 ? FIRST_DAY : Math.max(QUIET, TIMES * most);
}

/** Counts one more use. `unusual` where this very use crosses the line, so once on a day at most. */
export function countUse(
  before: UseCount | undefined,
  at: Instant,
): { readonly count: UseCount; readonly unusual: boolean } {
  const day = Math.floor(at / DAY);
  const count: UseCount =
    before === undefined
      ? { day, used: 1, most: 0 }
      : before.day === day
        ? { ...before, used: before.used + 1 }
        : { day, used: 1, most: Math.max(before.most, before.used) };
  return { count, unusual: count.used === unusualFrom(count) };
}
