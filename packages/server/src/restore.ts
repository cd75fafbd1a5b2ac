import { existsSync } from "node:fs";
import { createService, type KeptEnd, type Store, type World } from "@postern/service";
import { openPostgresStore, openSqliteStore, putBackDatabase, putBackDirectory } from "@postern/store";
import type { Config } from "./config/settings.ts";
import { keptEndsFile } from "./kept-ends.ts";
import { keptHeadFile } from "./kept-head.ts";
import { masterKey } from "./master-key.ts";
import { endsFileOf, headFileOf } from "./start.ts";
import { realWorld } from "./world.ts";

export interface RestoreOptions {
  /** The folder that a backup was made in. */
  readonly backup: string;
  /** The folder with the newest keyring; the backup's own where no later one is left. */
  readonly keyring: string;
  /** The file of ends of the node that is replaced; null: lost, and everything that could have ended is shut. */
  readonly ends: string | null;
  /** Gets an administrator's token: those of before may have been revoked. */
  readonly admin: { readonly type: string; readonly id: string };
}

export interface Restored {
  readonly size: number;
  readonly epoch: number;
  readonly adminToken: string;
  /** How many ends were replayed; null: none were at hand, so everything is suspended. */
  readonly replayed: number | null;
  readonly findings: readonly string[];
}

/** Puts a backup into the empty place that the configuration names, and makes it safe before anything is asked of it. */
export async function restore(config: Config, options: RestoreOptions): Promise<Restored> {
  const world = realWorld();
  const { databaseUrl, dataDir } = config;
  if (options.ends !== null && !existsSync(options.ends))
    throw new Error(`there is no file \`${options.ends}\``);
  const ends = options.ends === null ? null : await keptEndsFile(options.ends).read();
  if (databaseUrl === null) await putBackDirectory(options.backup, options.keyring, dataDir);
  else await putBackDatabase(options.backup, options.keyring, databaseUrl);
  const store = await openStoreOf(config, world);
  const secret = Buffer.from(world.random(32)).toString("base64url");
  const service = await createService({
    world,
    store,
    masterKey: masterKey(config, world).bytes,
    origin: config.origin,
    keptHead: keptHeadFile(headFileOf(config)),
    keptEnds: keptEndsFile(endsFileOf(config)),
    bootstrapSecret: secret,
    restored: { ends },
  });
  try {
    await keepAgain(config, ends);
    const token = await service.tokens.bootstrap(secret, options.admin);
    if (!token.ok) throw new Error(token.refusal.detail);
    const { size, epoch, findings } = service.node.status() as {
      readonly size: number;
      readonly epoch: number;
      readonly findings: readonly { readonly detail: string }[];
    };
    return {
      size,
      epoch,
      adminToken: token.value.secret,
      replayed: ends === null ? null : ends.length,
      findings: findings.map(({ detail }) => detail),
    };
  } finally {
    await service.close();
  }
}

/** A second restore of the same backup must know them too. */
async function keepAgain(config: Config, ends: readonly KeptEnd[] | null): Promise<void> {
  if (ends !== null && ends.length > 0) await keptEndsFile(endsFileOf(config)).append(ends);
}

function openStoreOf(config: Config, world: World): Promise<Store> {
  return config.databaseUrl === null
    ? openSqliteStore({ directory: config.dataDir, world })
    : openPostgresStore({ url: config.databaseUrl, world });
}

/** Ends the log of a database that no process answers for, so that nothing follows there. */
export async function fenceOff(config: Config, epoch: number): Promise<void> {
  const world = realWorld();
  const service = await createService({
    world,
    store: await openStoreOf(config, world),
    masterKey: masterKey(config, world).bytes,
    origin: config.origin,
    keptHead: keptHeadFile(headFileOf(config)),
    fence: epoch,
  });
  await service.close();
}
