import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Caller,
  createService,
  type KeptEnd,
  keyringOpens,
  MasterKeyError,
  type ReadEnds,
  type Service,
  type Store,
  type World,
} from "@postern/service";
import {
  openPostgresStore,
  openSqliteStore,
  putBackDatabase,
  putBackDirectory,
  settleDatabase,
  settleDirectory,
  wrappingKeysOfDirectory,
  wrappingKeysOfDump,
} from "@postern/store";
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
  /** In which the log goes on, as the fence of the one that is replaced says; null: after every one that is known. */
  readonly epoch: number | null;
  /** Gets an administrator's token: those of before may have been revoked. */
  readonly admin: { readonly type: string; readonly id: string };
}

export interface Restored {
  readonly size: number;
  readonly epoch: number;
  readonly adminToken: string;
  /** How many ends were replayed; null: none were at hand, so everything is suspended. */
  readonly replayed: number | null;
  /** Opt-outs that are suspended now, since they may have covered less or been used up, or were suspended already. */
  readonly suspended: number;
  /**
   * The lock over everything that was placed, since the policy in force may be an older one than the last; null: it is
   * the last one, or no ends were at hand and everything is suspended as it is.
   */
  readonly lock: string | null;
  /** What else the operator should know. */
  readonly notes: readonly string[];
  readonly findings: readonly string[];
}

/** What was put back is not safe yet, and nothing opens it: the same restore begins anew. */
export class RestoreUnfinishedError extends Error {
  override readonly name: string = "RestoreUnfinishedError";
  readonly code = "restore.unfinished" as const;

  constructor(cause: unknown) {
    const told = cause instanceof Error ? cause.message : "unknown";
    super(
      `${told}; what was put back so far answers nothing: run \`postern restore\` again, which begins anew`,
      { cause },
    );
  }
}

/**
 * Puts a backup into the empty place that the configuration names, and makes it safe before anything is asked of it.
 *
 * @throws MasterKeyError where the master key is not the one of the backup: nothing was written.
 * @throws RestoreUnfinishedError where it fails after something was.
 */
export async function restore(config: Config, options: RestoreOptions): Promise<Restored> {
  const world = realWorld();
  if (options.ends !== null && !existsSync(options.ends))
    throw new Error(`there is no file \`${options.ends}\``);
  const read = options.ends === null ? null : await keptEndsFile(options.ends).read();
  const key = await masterKeyOf(config, options.keyring, world);
  await putBack(config, options, world);
  try {
    const done = await makeSafe(config, options, { world, key, read });
    if (config.databaseUrl === null) await settleDirectory(config.dataDir);
    else await settleDatabase(config.databaseUrl, world);
    return done;
  } catch (cause) {
    throw new RestoreUnfinishedError(cause);
  }
}

async function masterKeyOf(config: Config, keyring: string, world: World): Promise<Uint8Array> {
  // The one that a development deployment makes by itself is not the one of any backup.
  if (config.masterKey === null && !existsSync(join(config.dataDir, "master.key")))
    throw new MasterKeyError(
      "expected the master key of the backup in POSTERN_MASTER_KEY or POSTERN_MASTER_KEY_FILE; nothing was written",
    );
  const { bytes } = masterKey(config, world);
  const wrapping = await (config.databaseUrl === null ? wrappingKeysOfDirectory : wrappingKeysOfDump)(
    keyring,
  );
  if (!keyringOpens(bytes, wrapping))
    throw new MasterKeyError(
      `the master key does not open the keyring in \`${keyring}\`: give the one that the backup was made under; nothing was written`,
    );
  return bytes;
}

async function putBack(
  { databaseUrl, dataDir }: Config,
  options: RestoreOptions,
  world: World,
): Promise<void> {
  if (databaseUrl === null) await putBackDirectory(options.backup, options.keyring, dataDir);
  else await putBackDatabase(options.backup, options.keyring, databaseUrl, world);
}

async function makeSafe(
  config: Config,
  options: RestoreOptions,
  { world, key, read }: { readonly world: World; readonly key: Uint8Array; readonly read: ReadEnds | null },
): Promise<Restored> {
  const ends = read?.ends ?? null;
  await keepAgain(config, ends);
  const secret = Buffer.from(world.random(32)).toString("base64url");
  const service = await createService({
    world,
    masterKey: key,
    origin: config.origin,
    keptHead: keptHeadFile(headFileOf(config)),
    keptEnds: keptEndsFile(endsFileOf(config)),
    bootstrapSecret: secret,
    restored: { ends, epoch: options.epoch },
    store: await openStoreOf(config, world, true),
  });
  try {
    const token = await service.tokens.bootstrap(secret, options.admin);
    if (!token.ok) throw new Error(token.refusal.detail);
    const of = await policyDoubt(service, token.value.secret, ends);
    const { size, epoch, findings } = service.node.status();
    return {
      size,
      epoch,
      adminToken: token.value.secret,
      replayed: ends === null ? null : ends.filter(({ kind }) => !TELLS_ONLY.has(kind)).length,
      suspended: await suspendedIn(service, token.value.secret),
      lock: of.lock,
      notes: [...(read?.torn === true ? [TORN] : []), ...of.notes],
      findings: findings.map(({ detail }) => detail),
    };
  } finally {
    await service.close();
  }
}

/** Lines that end nothing by themselves. */
const TELLS_ONLY: ReadonlySet<KeptEnd["kind"]> = new Set(["held", "policy", "epoch"]);

const TORN =
  "the last line of the ends was not finished; whoever it tells of had not been answered when it was written";

/**
 * A policy that was put in force since the backup may have been stricter: until an administrator has looked, a lock
 * holds everything shut.
 */
async function policyDoubt(
  service: Service,
  adminSecret: string,
  ends: readonly KeptEnd[] | null,
): Promise<Pick<Restored, "lock" | "notes">> {
  if (ends === null) return { lock: null, notes: [POLICY_UNKNOWN] };
  const last = ends.findLast((end) => end.kind === "policy");
  const active = service.policy.active();
  if (last?.revision === active || (last === undefined && active === null)) return { lock: null, notes: [] };
  const why =
    last === undefined
      ? POLICY_UNKNOWN
      : `the policy in force is \`${active ?? "none"}\`, and the last that is known is \`${last.revision}\``;
  const placed = await service.locks.place(administrator(service, adminSecret), {
    target: { kind: "everything" },
    reason: `restored from a backup: ${why}`,
  });
  if (!placed.ok) throw new Error(placed.refusal.detail);
  const fix = `publish and activate the newest policy, then \`postern lock lift ${placed.value.id}\``;
  return { lock: placed.value.id, notes: [`${why}; a lock holds every opt-out shut: ${fix}`] };
}

const POLICY_UNKNOWN =
  "it is not known which policy was last in force; look whether the one in force now is as strict";

function administrator(service: Service, secret: string): Caller {
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the administrator's token that was just made is unknown");
  return { kind: "token", token };
}

async function suspendedIn(service: Service, secret: string): Promise<number> {
  const caller = administrator(service, secret);
  let count = 0;
  let cursor: string | null = null;
  do {
    const page = await service.optOuts.list(caller, {
      state: "suspended",
      limit: 200,
      ...(cursor === null ? {} : { cursor }),
    });
    if (!page.ok) throw new Error(page.refusal.detail);
    count += page.value.items.length;
    cursor = page.value.next;
  } while (cursor !== null);
  return count;
}

/** A second restore of the same backup must know them too. */
async function keepAgain(config: Config, ends: readonly KeptEnd[] | null): Promise<void> {
  if (ends !== null && ends.length > 0) await keptEndsFile(endsFileOf(config)).append(ends);
}

function openStoreOf(config: Config, world: World, restoring: boolean): Promise<Store> {
  return config.databaseUrl === null
    ? openSqliteStore({ directory: config.dataDir, world, restoring })
    : openPostgresStore({ url: config.databaseUrl, world, restoring });
}

/**
 * Ends the log of a database, so that nothing follows there, and answers the epoch in which it goes on elsewhere: by
 * itself the next. Nodes of the same PostgreSQL follow; an embedded one has stopped before.
 */
export async function fenceOff(config: Config, epoch: number | null): Promise<number> {
  const world = realWorld();
  const service = await createService({
    world,
    masterKey: masterKey(config, world).bytes,
    origin: config.origin,
    keptHead: keptHeadFile(headFileOf(config)),
    fence: { epoch },
    store: await openStoreOf(config, world, false),
  });
  try {
    const fenced = service.node.fence();
    if (fenced === null) throw new Error("the log was fenced off, and does not say so");
    return fenced;
  } finally {
    await service.close();
  }
}
