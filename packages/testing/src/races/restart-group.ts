import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice } from "../crash/seeded.ts";
import type { Contestant, RacedSession } from "./contestant.ts";
import { type Judge, judge, type RoundReport } from "./round.ts";

/** Within which revocations, and the restart, begin; milliseconds. */
const SPREAD_MS = 300;

interface Ending {
  readonly session: RacedSession;
  readonly judging: Judge;
  readonly acknowledged: boolean;
}

/**
 * Many sessions are revoked while the server goes down and comes back. What was acknowledged is let in nowhere, before
 * and after; what was not is one or the other, and stays it.
 */
export async function restartGroup(
  at: Contestant,
  size: number,
  dice: Dice,
): Promise<readonly RoundReport[]> {
  const { restart } = at;
  if (restart === undefined) throw new Error(`${at.name} cannot be restarted`);
  const sessions: RacedSession[] = [];
  for (let one = 0; one <= size; one++) sessions.push(await at.begin("restart in the middle", dice));
  const twin = sessions.pop();
  let down = false;
  const racing = sessions.map(async (session): Promise<Ending> => {
    const judging = judge();
    const revokeAt = between(dice, 0, SPREAD_MS);
    const acting = session.meanwhile.map(async (use) => {
      await sleep(between(dice, 0, SPREAD_MS));
      for (let turn = 0; turn < 3 && !down; turn++) await judging.send(use);
    });
    await sleep(revokeAt);
    const acknowledged = await session.revoke().then(
      () => true,
      () => false,
    );
    if (acknowledged) judging.acknowledged();
    const atOnce = acknowledged ? session.uses().map(judging.send) : [];
    await Promise.all([...acting, ...atOnce]);
    return { session, judging, acknowledged };
  });
  await sleep(between(dice, SPREAD_MS / 4, 2 * SPREAD_MS));
  down = true;
  await restart.call(at, between(dice, 0, 3) === 0 ? "stopped" : "killed");
  const endings = await Promise.all(racing);
  const reports: RoundReport[] = [];
  for (const { session, judging, acknowledged } of endings) {
    const before = await Promise.all(session.uses().map(judging.send));
    const again = await Promise.all(session.uses().map(judging.send));
    const report = judging.report();
    const revived = session
      .uses()
      .flatMap(({ by }, index) =>
        before[index] === false && again[index] === true ? [`${by}: refused, and then let in`] : [],
      );
    reports.push({
      ...report,
      underWay: acknowledged ? report.underWay : report.underWay + 1,
      failures: [...report.failures, ...revived],
    });
  }
  if (twin !== undefined)
    for (const use of twin.uses())
      if (use.replaced !== true && !(await use.send()))
        throw new Error(`${at.name}: ${use.by} of a session that nobody ended was refused after a restart`);
  return reports;
}
