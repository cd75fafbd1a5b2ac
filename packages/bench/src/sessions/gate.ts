import type { Started } from "../load.ts";
import { startTarget, wrk } from "../load.ts";
import type { Row } from "../row.ts";
import { type SessionTarget, signIn, startSessionTarget } from "./session-target.ts";

const SECONDS = 2;
/** What a gate has to reach beside a bare GET; see the row of `http`. */
const LEAST = 0.7;

const KINDS = ["none", "one", "two"] as const;
const SAID: Readonly<Record<(typeof KINDS)[number], string>> = {
  none: "without a SessionProfile",
  one: "with an inactivity timeout for all sessions",
  two: "with a shorter inactivity timeout where it is asked",
};

/** One session checked at a gate, under policies that keep inactivity timeouts and one that keeps none. */
export async function sessionGateRows(): Promise<readonly Row[]> {
  const bare = await startTarget("bare");
  const made: Row[] = [];
  let stopped = 0;
  for (const kind of KINDS) {
    const ours: Started<SessionTarget> = await startSessionTarget(["postern", kind]);
    const { secret } = await signIn(ours.target, "person");
    const asked = {
      method: "GET",
      headers: {
        "x-original-method": "GET",
        "x-original-uri": "/notes/1",
        cookie: `__Host-postern=${secret}`,
      },
    };
    made.push({
      name: `session check (GET /gate/nginx) ${SAID[kind]}, beside a bare GET, 32 connections`,
      target: `${LEAST} or more of the bare GET`,
      async round() {
        const before = await ours.cpu();
        const mine = await wrk(`${ours.target.url}/gate/nginx`, asked, SECONDS);
        const used = (await ours.cpu()) - before;
        const theirs = await wrk(bare.target.url, asked, SECONDS);
        return {
          ratio: mine.rate / theirs.rate,
          "checks/s": mine.rate,
          "bare/s": theirs.rate,
          "CPU µs a check": used / mine.requests,
          refused: mine.bad + theirs.bad,
        };
      },
      worst: ["refused"],
      met: (medians) => (medians.ratio ?? 0) >= LEAST && medians.refused === 0,
      async close() {
        await ours.stop();
        stopped += 1;
        if (stopped === KINDS.length) await bare.stop();
      },
    });
  }
  return made;
}
