import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ground, openNode } from "../crash/ground.ts";
import { findPostgres } from "../postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../postgres/start-postgres.ts";
import type { Attack } from "./attack.ts";
import { ATTACKS } from "./attacks.ts";
import { copiedFiles, plainSql, putBack } from "./plain-sql.ts";
import { build } from "./stage.ts";
import { type TrialReport, tried, untouched } from "./trial.ts";

const PUT_BACK = "the whole database put back to an earlier state";
const NO_KEPT_HEAD = "the signed head outside the database deleted";

/** Builds one ledger, and tries each attack on a copy of its own. */
export async function tamperCampaign(options: {
  readonly store: "sqlite" | "postgres";
  /** All where it is left out. */
  readonly only?: readonly string[];
  readonly onTrial?: (report: TrialReport) => void;
}): Promise<readonly TrialReport[]> {
  const binaries = findPostgres();
  const directory = await mkdtemp(join(tmpdir(), "postern-tamper-"));
  const server = options.store === "postgres" ? await startPostgres({ fsync: false }) : null;
  const reports: TrialReport[] = [];
  const report = (one: TrialReport): void => {
    reports.push(one);
    options.onTrial?.(one);
  };
  try {
    const original: Ground = {
      kind: options.store,
      directory: join(directory, "original"),
      url: server?.url ?? null,
    };
    let copies = 0;
    const copy = async (ground: Ground): Promise<Ground> => {
      copies += 1;
      const files = copiedFiles(ground, join(directory, `copy-${copies}`));
      return server === null
        ? files
        : { ...files, url: await copiedDatabase(server, ground.url ?? "", copies) };
    };
    const stage = await build(original, () => copy(original));
    report(await untouched(await copy(original), stage));

    const vkeys = await keysOf(await copy(original));
    for (const attack of wanted(ATTACKS)) {
      const ground = await copy(original);
      const db = plainSql(ground, binaries);
      const earlier = plainSql(stage.earlier, binaries);
      const named = attack.change({ db, earlier, stage });
      db.close();
      earlier.close();
      report(await tried(attack, ground, stage, named, vkeys));
    }
    for (const attack of wanted([{ name: PUT_BACK }, { name: NO_KEPT_HEAD }])) {
      const ground = await copy(original);
      const changed = attack.name === PUT_BACK ? await back(ground, stage.earlier) : await headless(ground);
      report(await tried({ ...attack, change: () => "kept head" }, changed, stage, "kept head", vkeys));
    }
    return reports;

    async function back(ground: Ground, earlier: Ground): Promise<Ground> {
      if (server !== null) return { ...ground, url: (await copy(earlier)).url };
      putBack(ground, earlier);
      return ground;
    }
  } finally {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  }

  function wanted<One extends Pick<Attack, "name">>(attacks: readonly One[]): readonly One[] {
    return attacks.filter(({ name }) => options.only?.includes(name) ?? true);
  }
}

async function headless(ground: Ground): Promise<Ground> {
  await rm(join(ground.directory, "kept"), { recursive: true });
  return ground;
}

async function keysOf(ground: Ground): Promise<readonly string[]> {
  const { service } = await openNode(ground);
  const keys = service.ledger.verifierKeys();
  await service.close();
  return keys;
}

async function copiedDatabase(server: RunningPostgres, url: string, number: number): Promise<string> {
  const from = new URL(url).pathname.slice(1);
  const name = `copy_${number}`;
  const maintenance = new URL(url);
  maintenance.pathname = "/postgres";
  await server.psql(`CREATE DATABASE ${name} TEMPLATE ${from}`, maintenance.href);
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}
