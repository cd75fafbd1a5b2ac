import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CRASH_POINTS, type CrashPoint } from "@postern/service";
import { startPostgres } from "../postgres/start-postgres.ts";
import { chooseDeath, type Death, described } from "./death.ts";
import { callerOf, type Ground, openNode, prepare } from "./ground.ts";
import { broken } from "./held.ts";
import { unsound } from "./reopened.ts";
import { lifeOf, type Waiting, waitingNode } from "./round.ts";
import { between, seeded } from "./seeded.ts";
import type { Told } from "./told.ts";

export interface RoundReport {
  readonly round: number;
  readonly store: "sqlite" | "postgres";
  readonly seed: number;
  readonly death: Death;
  readonly acknowledged: number;
  readonly size: number;
  /** Empty: everything held. */
  readonly faults: readonly string[];
}

export interface CampaignReport {
  readonly rounds: readonly RoundReport[];
  /** How often each point was the place of a death. */
  readonly points: ReadonlyMap<CrashPoint, number>;
  /** How often PostgreSQL itself was killed. */
  readonly databaseKills: number;
  /** What was not so when everything that was ever acknowledged was asked for once more at the end. */
  readonly faults: readonly string[];
  /** Kept where something was at fault. */
  readonly directory: string | null;
}

/** A round that killed itself before anything was acknowledged proves nothing and is run again. */
const MOST_REPEATS = 5;

/**
 * Kills a node again and again while it writes, always over the same database, and holds what is found to what
 * was acknowledged. PostgreSQL must be installed for its rounds.
 */
export async function crashCampaign(options: {
  readonly store: "sqlite" | "postgres";
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (report: RoundReport) => void;
}): Promise<CampaignReport> {
  const { store } = options;
  const directory = await mkdtemp(join(tmpdir(), "postern-crash-"));
  const server = store === "postgres" ? await startPostgres() : null;
  const ground: Ground = { kind: store, directory, url: server?.url ?? null };
  const rounds: RoundReport[] = [];
  const everything: Told[] = [];
  const points = new Map<CrashPoint, number>(CRASH_POINTS.map((point) => [point, 0]));
  let databaseKills = 0;
  /** An export verified up to here in an earlier round. The audit reads everything each time. */
  let verified = 0;
  const cache = join(directory, "compiled");
  let waiting: Waiting = waitingNode(cache);
  try {
    const secret = await prepare(ground);
    for (let round = 1; round <= options.rounds; round++) {
      const report = await oneRound(round, secret);
      rounds.push(report);
      options.onRound?.(report);
    }
    const faults = await atTheEnd(secret);
    const sound = faults.length === 0 && rounds.every((report) => report.faults.length === 0);
    // A node that was killed may still be writing what it compiled.
    if (sound) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    return { rounds, points, databaseKills, faults, directory: sound ? null : directory };
  } finally {
    waiting.child.kill("SIGKILL");
    await server?.stop();
  }

  async function oneRound(round: number, secret: string): Promise<RoundReport> {
    for (let repeat = 0; ; repeat++) {
      const seed = options.seed + round * 1_000 + repeat;
      const dice = seeded(seed);
      const death = chooseDeath(round, store, dice);
      const life = lifeOf(waiting, { ground, secret, round, seed: between(dice, 1, 2 ** 31) }, death, server);
      waiting = waitingNode(cache);
      const { told, acknowledged, otherEnd } = await life;
      const faults = otherEnd === null ? [] : [otherEnd];
      if (death.kind === "database" || death.kind === "database-and-node") databaseKills += 1;
      if (death.kind === "point" && otherEnd === null)
        points.set(death.point, (points.get(death.point) ?? 0) + 1);
      everything.push(...told);
      const { size, found } = await check(secret, told, verified);
      verified = size;
      faults.push(...found);
      if (acknowledged === 0 && faults.length === 0 && repeat < MOST_REPEATS) continue;
      if (acknowledged === 0) faults.push("nothing was acknowledged, so nothing was proved");
      return { round, store, seed, death, acknowledged, size, faults };
    }
  }

  async function check(
    secret: string,
    told: readonly Told[],
    from: number,
  ): Promise<{ readonly size: number; readonly found: readonly string[] }> {
    const node = await openNode(ground).catch((cause: unknown) => String(cause));
    if (typeof node === "string") return { size: 0, found: [`the node could not be opened again: ${node}`] };
    try {
      const admin = callerOf(node.service, secret);
      const found = [...(await broken(node, admin, told)), ...(await unsound(node, admin, from))];
      return { size: node.service.ledger.size(), found };
    } finally {
      await node.service.close();
    }
  }

  /** Later rounds took nothing back of what earlier ones had acknowledged; and the whole ledger, in one export. */
  async function atTheEnd(secret: string): Promise<readonly string[]> {
    return (await check(secret, everything, 0)).found;
  }
}

export function roundLine({ round, store, seed, death, acknowledged, size, faults }: RoundReport): string {
  const cells = [
    `round ${String(round).padStart(3)}`,
    store.padEnd(8),
    `seed ${seed}`,
    described(death).padEnd(62),
    `${String(acknowledged).padStart(4)} acknowledged`,
    `ledger ${String(size).padStart(6)}`,
    faults.length === 0 ? "held" : "BROKEN",
  ];
  return [cells.join("  "), ...faults.slice(0, 5).map((fault) => `    ${fault}`)].join("\n");
}
