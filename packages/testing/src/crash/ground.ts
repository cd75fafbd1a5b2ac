import { join } from "node:path";
import { keptHeadFile, realWorld } from "@postern/server";
import {
  type Caller,
  type CrashPoint,
  createService,
  type KeptHead,
  type Service,
  type Store,
} from "@postern/service";
import { openPostgresStore, openSqliteStore } from "@postern/store";
import { must } from "../deployment/deployment.ts";
import { CAMPAIGN_POLICY } from "./campaign-policy.ts";

/** Where a campaign's database lives, in words that also a child process can be given. */
export interface Ground {
  readonly kind: "sqlite" | "postgres";
  /** Holds the kept head, and for SQLite the data directory. */
  readonly directory: string;
  /** PostgreSQL only. */
  readonly url: string | null;
}

/** Kill this process with SIGKILL when an append reaches `point` for the `occurrence`th time, counted from 1. */
export interface DeathWish {
  readonly point: CrashPoint;
  readonly occurrence: number;
}

export const MASTER_KEY: Uint8Array = new Uint8Array(32).fill(11);
export const ORIGIN = "postern.test/campaign";
const BOOTSTRAP = "campaign-bootstrap-secret";
const DAY_MS = 86_400_000;

export interface OpenNode {
  readonly service: Service;
  readonly store: Store;
  readonly keptHead: KeptHead;
  /** What the node told its operator while it started. */
  readonly alarms: readonly string[];
}

export function keptHeadOf(ground: Ground): KeptHead {
  return keptHeadFile(join(ground.directory, "kept", "head.note"));
}

export async function openStore(ground: Ground, wish: DeathWish | null = null): Promise<Store> {
  const world = realWorld();
  if (ground.url === null) {
    const directory = join(ground.directory, "data");
    return openSqliteStore(wish === null ? { directory, world } : { directory, world, crash: wish });
  }
  let left = wish?.occurrence ?? 0;
  return openPostgresStore({
    url: ground.url,
    world,
    ...(wish === null
      ? {}
      : {
          crash(point: CrashPoint): void {
            if (point !== wish.point) return;
            left -= 1;
            if (left === 0) process.kill(process.pid, "SIGKILL");
          },
        }),
  });
}

export async function openNode(ground: Ground, wish: DeathWish | null = null): Promise<OpenNode> {
  const store = await openStore(ground, wish);
  const keptHead = keptHeadOf(ground);
  const alarms: string[] = [];
  try {
    const service = await createService({
      world: realWorld(),
      store,
      masterKey: MASTER_KEY,
      origin: ORIGIN,
      keptHead,
      bootstrapSecret: BOOTSTRAP,
      alarm: (detail) => alarms.push(detail),
    });
    return { service, store, keptHead, alarms };
  } catch (cause) {
    await store.close();
    throw cause;
  }
}

/** Opens a new ledger, puts the policy in force, and answers the secret of an administrator's token. */
export async function prepare(ground: Ground): Promise<string> {
  const { service } = await openNode(ground);
  const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const admin = callerOf(service, first.secret);
  const { secret } = must(
    await service.tokens.issue(admin, {
      label: "campaign",
      person: { type: "user", id: "olga" },
      scopes: ["admin"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + 300 * DAY_MS).toISOString(),
    }),
  );
  const revision = must(
    await service.policy.publish(admin, [{ path: "policy.yaml", text: CAMPAIGN_POLICY }]),
  );
  must(await service.policy.activate(admin, revision.id));
  await service.close();
  return secret;
}

export function callerOf(service: Service, secret: string): Caller {
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the campaign's token is unknown");
  return { kind: "token", token };
}
