import { type Dice, seeded } from "../crash/seeded.ts";
import { racedBetterAuth, type Way } from "./better-auth.ts";
import { type Contestant, RACES, type Race } from "./contestant.ts";
import { endRound } from "./end-round.ts";
import { racedPostern } from "./postern.ts";
import { restartGroup } from "./restart-group.ts";
import { restartedPostern } from "./restarted-postern.ts";
import { type RoundReport, revocationRound, twinRound } from "./round.ts";

/** Rounds that run side by side, so that what is held in one holds up another. */
const AT_ONCE = 5;
const ENDS_AT_ONCE = 20;
const PEERS_AT_ONCE = 20;
const OF_A_RESTART = 20;

export interface RaceRow {
  readonly race: Race;
  readonly of: string;
  readonly rounds: number;
  /** Requests that were under way at the acknowledgement, or at the end. */
  readonly underWay: number;
  /** Requests that started after it. */
  readonly after: number;
  /** Rounds in which something was let in that should not have been. */
  readonly failed: number;
  /** How often, by what it was let in. */
  readonly by: ReadonlyMap<string, number>;
  readonly seconds: number;
}

export interface RacesReport {
  readonly ours: readonly RaceRow[];
  readonly peers: readonly RaceRow[];
  /** How often each point held something up. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * How the peer is set up in each race. It gives a session no bound beyond which it is not extended, so that there is no
 * end to race it against. Its database alone is beside the comparison: shown, not judged.
 */
const PEERS: readonly { readonly way: Way; readonly races: readonly Race[] }[] = [
  { way: "secondary-storage", races: ["refresh against revoke", "extend against revoke"] },
  { way: "cookie-cache", races: ["late cache fill", "restart in the middle"] },
  { way: "database", races: ["refresh against revoke"] },
];

export async function racesCampaign(options: {
  readonly seed: number;
  readonly rounds: number;
  readonly only: RegExp;
  /** Omitted: the peer in every way in which it is raced. */
  readonly peers?: readonly Way[];
  readonly onRow: (row: RaceRow) => void;
}): Promise<RacesReport> {
  const { seed, rounds, onRow } = options;
  const wanted = RACES.filter((race) => options.only.test(race));
  const ours: RaceRow[] = [];
  const peers: RaceRow[] = [];
  const run = async (
    to: RaceRow[],
    race: Race,
    at: Contestant,
    play: (count: number, dice: Dice) => Promise<readonly RoundReport[]>,
    atOnce: number,
  ): Promise<void> => {
    const dice = seeded(seed * 31 + RACES.indexOf(race));
    const began = performance.now();
    const reports: RoundReport[] = [];
    while (reports.length < rounds)
      reports.push(...(await play(Math.min(atOnce, rounds - reports.length), dice)));
    const row = rowOf(race, at.name, reports, (performance.now() - began) / 1_000);
    to.push(row);
    onRow(row);
  };
  const inProcess = await racedPostern();
  try {
    for (const race of wanted) {
      if (race === "restart in the middle") continue;
      if (race === "extend against the end") {
        let person = 0;
        const ends = async (count: number, dice: Dice): Promise<readonly RoundReport[]> => {
          await inProcess.hold(dice);
          return await Promise.all(
            Array.from({ length: count }, () => endRound(inProcess.ground, `windows-${person++}`, dice)),
          );
        };
        await run(ours, race, inProcess, ends, ENDS_AT_ONCE);
        await inProcess.hold(null);
      } else
        await run(ours, race, inProcess, (count, dice) => revoked(inProcess, race, count, dice), AT_ONCE);
    }
  } finally {
    await inProcess.stop();
  }
  if (wanted.includes("restart in the middle")) {
    const restarted = await restartedPostern();
    try {
      await run(
        ours,
        "restart in the middle",
        restarted,
        (count, dice) => restartGroup(restarted, count, dice),
        OF_A_RESTART,
      );
    } finally {
      await restarted.stop();
    }
  }
  for (const { way, races } of PEERS) {
    const here = races.filter((race) => wanted.includes(race));
    if (here.length === 0 || options.peers?.includes(way) === false) continue;
    const peer = await racedBetterAuth(way, seed);
    try {
      for (const race of here)
        if (race === "restart in the middle")
          await run(peers, race, peer, (count, dice) => restartGroup(peer, count, dice), OF_A_RESTART);
        else await run(peers, race, peer, (count, dice) => revoked(peer, race, count, dice), PEERS_AT_ONCE);
    } finally {
      await peer.stop();
    }
  }
  return { ours, peers, held: inProcess.points.held };
}

/** @throws Error where the honest twin is refused: then the rounds would prove nothing. */
async function revoked(
  at: Contestant,
  race: Race,
  count: number,
  dice: Dice,
): Promise<readonly RoundReport[]> {
  const [twin, ...sessions] = await Promise.all(
    Array.from({ length: count + 1 }, () => at.begin(race, dice)),
  );
  await at.hold(dice);
  const [refused, ...reports] = await Promise.all([
    twin === undefined ? [] : twinRound(twin, dice),
    ...sessions.map((session) => revocationRound(session, dice)),
  ] as const);
  await at.hold(null);
  if (refused.length > 0)
    throw new Error(`${at.name}, ${race}: a session that nobody ended was refused (${refused.join(", ")})`);
  return reports;
}

function rowOf(race: Race, of: string, reports: readonly RoundReport[], seconds: number): RaceRow {
  const by = new Map<string, number>();
  for (const { failures } of reports)
    for (const failure of failures) by.set(failure, (by.get(failure) ?? 0) + 1);
  const sum = (count: (report: RoundReport) => number): number =>
    reports.reduce((all, report) => all + count(report), 0);
  return {
    race,
    of,
    rounds: reports.length,
    underWay: sum(({ underWay }) => underWay),
    after: sum(({ after }) => after),
    failed: reports.filter(({ failures }) => failures.length > 0).length,
    by,
    seconds,
  };
}

/** Whether ours failed nowhere, and the harness is one that makes a peer fail. */
export function verdictOf({ ours, peers }: RacesReport): readonly string[] {
  const failed = ours.flatMap(({ race, failed: rounds }) =>
    rounds > 0 ? [`${race}: ${rounds} rounds let in what was over`] : [],
  );
  const idle = ours.flatMap(({ race, underWay }) =>
    underWay === 0 ? [`${race}: nothing was ever under way at the acknowledgement`] : [],
  );
  const judged = peers.filter(({ of }) => !of.includes("database"));
  const untouched =
    judged.length > 0 && judged.every((row) => row.failed === 0)
      ? ["the peer failed nowhere: this proves little"]
      : [];
  return [...failed, ...idle, ...untouched];
}
