import type { ReasonCode } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";

/** Standing reasons why this node honours nothing; the full controls go on (Law 5). */
export interface Doubts {
  /** False: that was known. */
  raise(reason: ReasonCode, detail: string): boolean;
  /** The first that holds now; null: this node honours. */
  current(): { readonly reason: ReasonCode; readonly detail: string } | null;
  /** What was raised is looked into anew. */
  clear(): void;
  /** Some of what was raised is over. */
  lower(over: (raised: { readonly reason: ReasonCode; readonly detail: string }) => boolean): void;
  raised(): readonly { readonly reason: ReasonCode; readonly detail: string }[];
}

export function doubts(clock: ControlClock, fault: () => string | null): Doubts {
  let standing: { readonly reason: ReasonCode; readonly detail: string }[] = [];
  return {
    raise(reason, detail) {
      if (standing.some((known) => known.reason === reason && known.detail === detail)) return false;
      standing.push({ reason, detail });
      return true;
    },
    clear() {
      standing = [];
    },
    lower(over) {
      standing = standing.filter((one) => !over(one));
    },
    raised: () => standing,
    current() {
      const first = standing[0];
      if (first !== undefined) return first;
      const broken = fault();
      if (broken !== null) return { reason: "recording_unavailable", detail: broken };
      const clockDoubt = clock.doubt();
      if (clockDoubt === null) return null;
      return clockDoubt.kind === "stale"
        ? { reason: "node_stale", detail: "the ledger's head was not confirmed within the lease" }
        : {
            reason: "clock_distrusted",
            detail: `the clock jumped by ${Math.round(clockDoubt.by / 1000)} s against elapsed time`,
          };
    },
  };
}
