import { startScript } from "../load.ts";
import type { Row } from "../row.ts";
import { fill } from "../start.ts";
import type { LiveTold } from "./live-told.ts";

const MOST_MB = 600;
const MOST_SECONDS = 5;

const PROFILE = `---
kind: SessionProfile
name: everywhere
owner: bench
overall: PT12H
inactivity: PT12H
`;

/** A node that starts with so many live sessions and keeps an inactivity timeout for each, in a process of its own. */
export async function liveSessionsRow(sessions: number): Promise<Row> {
  const filled = await fill({ optOuts: 0, sessions, more: PROFILE });
  return {
    name: `${filled.sessions.toLocaleString("en")} live sessions with an inactivity timeout, embedded`,
    target: `${MOST_MB} MB of memory at most, and a start within ${MOST_SECONDS} s`,
    rounds: 3,
    async round() {
      const started = await startScript<LiveTold>(
        new URL("./live-target.ts", import.meta.url),
        [filled.directory],
        {},
      );
      await started.stop();
      const { seconds, cpuSeconds, residentMb, collectedMb, heapMb, stallMs } = started.target;
      return {
        "start, s": seconds,
        "processor time of it, s": cpuSeconds,
        "resident after the start, MB": residentMb,
        "resident once collected, MB": collectedMb,
        "heap once collected, MB": heapMb,
        "longest stall in 10 s after it, ms": stallMs,
      };
    },
    met: (medians) =>
      (medians["resident once collected, MB"] ?? 9_999) <= MOST_MB &&
      (medians["start, s"] ?? 99) <= MOST_SECONDS,
    close: filled.remove,
  };
}
