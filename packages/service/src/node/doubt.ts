import type { ReasonCode } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Fault } from "../record/fault.ts";

export interface Raised {
  readonly reason: ReasonCode;
  readonly detail: string;
  /** Over as soon as the database that this node knows is back. */
  readonly passing: boolean;
}

/** Standing reasons why this node honours nothing; the full controls go on (Law 5). */
export interface Doubts {
  /** False: that was known. */
  raise(raised: Raised): boolean;
  /** The first that holds now; null: this node honours. */
  current(): { readonly reason: ReasonCode; readonly detail: string } | null;
  /** What was raised is looked into anew. */
  clear(): void;
  /** Some of what was raised is over. */
  lower(over: (raised: Raised) => boolean): void;
  raised(): readonly { readonly reason: ReasonCode; readonly detail: string }[];
}

export function doubts(clock: ControlClock, fault: () => Fault | null): Doubts {
  let standing: Raised[] = [];
  return {
    raise(raised) {
      const { reason, detail, passing } = raised;
      const known = standing.find((one) => one.reason === reason && one.detail === detail);
      if (known === undefined) standing.push(raised);
      // Raised again as what does not pass, it does not pass any more.
      else if (known.passing && !passing) standing[standing.indexOf(known)] = raised;
      return known === undefined;
    },
    clear() {
      standing = [];
    },
    lower(over) {
      standing = standing.filter((one) => !over(one));
    },
    raised: () => standing.map(({ reason, detail }) => ({ reason, detail })),
    current() {
      const broken = fault();
      if (broken?.kind === "fenced") return { reason: "database_stale", detail: broken.detail };
      const [first] = standing;
      if (first !== undefined) return { reason: first.reason, detail: first.detail };
      if (broken !== null) return { reason: "recording_unavailable", detail: broken.detail };
      const clockDoubt = clock.doubt();
      if (clockDoubt === null)
        return clock.lost()
          ? { reason: "clock_distrusted", detail: "it began behind its own log, and no session counts yet" }
          : null;
      return clockDoubt.kind === "stale"
        ? { reason: "node_stale", detail: "the ledger's head was not confirmed within the lease" }
        : {
            reason: "clock_distrusted",
            detail: `the clock jumped by ${Math.round(clockDoubt.by / 1000)} s against elapsed time`,
          };
    },
  };
}
