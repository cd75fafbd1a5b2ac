import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice } from "../crash/seeded.ts";
import type { RacedSession, Use } from "./contestant.ts";

/** How far apart what races begins at most, in milliseconds. */
const SPREAD_MS = 24;
const MOST_TURNS = 3;

export interface RoundReport {
  /** Requests that were under way when the acknowledgement came. */
  readonly underWay: number;
  /** Requests that started after it. */
  readonly after: number;
  readonly failures: readonly string[];
}

/** Sends what a session is held by, and keeps what was let in that started after the acknowledgement. */
export interface Judge {
  readonly send: (use: Use) => Promise<boolean>;
  readonly acknowledged: () => void;
  readonly report: () => RoundReport;
}

export function judge(): Judge {
  let over = false;
  let underWay = 0;
  let after = 0;
  const open = new Set<object>();
  const failures: string[] = [];
  return {
    async send({ by, send }) {
      const late = over;
      const mark = {};
      open.add(mark);
      if (late) after += 1;
      // Whoever is not answered was not let in.
      const accepted = await send().catch(() => false);
      open.delete(mark);
      if (late && accepted) failures.push(by);
      return accepted;
    },
    acknowledged() {
      over = true;
      underWay = open.size;
    },
    report: () => ({ underWay, after, failures: [...new Set(failures)] }),
  };
}

/** Lets all that a session is held by go on while it is revoked; then tries all of it, twice. */
export async function revocationRound(session: RacedSession, dice: Dice): Promise<RoundReport> {
  const judging = judge();
  const acting = session.meanwhile.map(async (use) => {
    const [first, turns] = [between(dice, 0, SPREAD_MS), between(dice, 1, MOST_TURNS)];
    await sleep(first);
    for (let turn = 0; turn < turns; turn++) await judging.send(use);
  });
  await sleep(between(dice, 0, SPREAD_MS));
  await session.revoke();
  judging.acknowledged();
  const atOnce = session.uses().map(judging.send);
  await Promise.all([...acting, ...atOnce]);
  // What was given out meanwhile is tried too.
  await Promise.all(session.uses().map(judging.send));
  const report = judging.report();
  return { ...report, failures: [...report.failures, ...(session.overstepped?.() ?? [])] };
}

/** The same without a revocation; answers what was refused all the same. */
export async function twinRound(session: RacedSession, dice: Dice): Promise<readonly string[]> {
  await Promise.all(
    session.meanwhile.map(async (use) => {
      await sleep(between(dice, 0, SPREAD_MS));
      await use.send();
    }),
  );
  const refused: string[] = [];
  for (const use of session.uses()) if (use.replaced !== true && !(await use.send())) refused.push(use.by);
  return refused;
}
