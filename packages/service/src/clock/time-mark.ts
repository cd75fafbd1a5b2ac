import { type Instant, instant } from "@postern/core";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { ControlClock } from "./control-clock.ts";

const CURSOR = "time-mark";

interface Mark {
  readonly at: Instant;
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly since: number;
}

/**
 * What time it was at a moment of this machine's boot, kept over restarts of the process: a wall clock that was set back
 * while nobody looked is noticed by it. Working state; without it only the log's last entry bounds the time.
 */
export interface TimeMark {
  /** Before the first answer of the store is taken in. */
  recall(): Promise<void>;
  /** While the time is not in doubt. */
  keep(): Promise<void>;
}

export function timeMark(parts: {
  readonly world: Pick<World, "sinceBoot">;
  readonly store: Pick<Store, "kind" | "cursor" | "moveCursor">;
  readonly clock: Pick<ControlClock, "goesOnFrom" | "now" | "doubt" | "lost">;
}): TimeMark {
  const { world, store, clock } = parts;
  /** Where another machine keeps the time, its clock is asked, and not this one's. */
  const here = () => (store.kind === "sqlite" ? (world.sinceBoot?.() ?? null) : null);
  return {
    async recall() {
      const now = here();
      const kept = now === null ? null : readMark((await store.cursor(CURSOR))?.body);
      if (now === null || kept === null || kept.boot !== now.boot || kept.since > now.since) return;
      clock.goesOnFrom(instant(Math.floor(kept.at + (now.since - kept.since))));
    },
    async keep() {
      const now = here();
      if (now === null || clock.lost() || clock.doubt()?.kind === "distrusted") return;
      const mark: Mark = { at: clock.now().earliest, ...now };
      const before = await store.cursor(CURSOR);
      await store.moveCursor(CURSOR, before?.version ?? 0, JSON.stringify(mark));
    },
  };
}

function readMark(body: string | undefined): Mark | null {
  try {
    const { at, boot, since } = JSON.parse(body ?? "null") as Partial<Record<keyof Mark, unknown>>;
    return Number.isSafeInteger(at) && typeof boot === "string" && typeof since === "number"
      ? { at: instant(at as number), boot, since }
      : null;
  } catch {
    return null;
  }
}
