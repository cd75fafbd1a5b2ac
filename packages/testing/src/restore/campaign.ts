import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Config,
  configWith,
  fenceOff,
  keptEndsFile,
  keptHeadFile,
  realWorld,
  restore,
} from "@postern/server";
import { auditLedger, type Caller, createService, type Service, type Store } from "@postern/service";
import { openPostgresStore, openSqliteStore } from "@postern/store";
import { CAMPAIGN_POLICY } from "../crash/campaign-policy.ts";
import { callerOf, MASTER_KEY, ORIGIN } from "../crash/ground.ts";
import { must } from "../deployment/deployment.ts";
import { type RunningPostgres, startPostgres } from "../postgres/start-postgres.ts";
import { ask, callerIn, type Holder, holder, load, signIn } from "./people.ts";

const run = promisify(execFile);
const POSTERN = fileURLToPath(new URL("../../../cli/bin/postern.mjs", import.meta.url));
const BOOTSTRAP = "campaign-bootstrap-secret";

export interface RestoreReport {
  /** What was tried and came out as it must, one sentence each. */
  readonly held: readonly string[];
  readonly faults: readonly string[];
}

interface Place {
  readonly config: Config;
  readonly url: string | null;
}

/** Backs a node up under load, ends things, and restores the backup elsewhere: what ended stays ended. */
export async function restoreCampaign(kind: "sqlite" | "postgres"): Promise<RestoreReport> {
  const root = await mkdtemp(join(tmpdir(), "postern-restore-"));
  const server = kind === "postgres" ? await startPostgres() : null;
  let stopLoad: (() => Promise<number>) | null = null;
  const held: string[] = [];
  const faults: string[] = [];
  const expect = (what: string, holds: boolean, got = ""): void => {
    if (holds) held.push(what);
    else faults.push(`${what}${got === "" ? "" : `: got ${got}`}`);
  };
  try {
    const old = await place(root, "old", server);
    let service = await open(old);
    const first = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
    const admin = callerOf(service, await application(service, callerOf(service, first.secret)));
    const published = must(
      await service.policy.publish(admin, [{ path: "policy.yaml", text: CAMPAIGN_POLICY }]),
    );
    must(await service.policy.activate(admin, published.id));
    const people: Holder[] = [];
    for (let at = 0; at < 8; at++) people.push(await holder(service, admin, `person-${at}`));
    const [ended, suspended, locked, erased, untouched, signedOut] = people as [
      Holder,
      Holder,
      Holder,
      Holder,
      Holder,
      Holder,
    ];
    const other = must(
      await service.tokens.issue(admin, {
        label: "to be revoked",
        scopes: ["opt-outs.read"],
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );

    stopLoad = load(service, people);
    await backUp(old, join(root, "backup"));
    must(await service.optOuts.revoke(callerIn(service, ended.session), ended.optOut, {}));
    must(await service.optOuts.suspend(admin, suspended.optOut, { reason: "a look at the account" }));
    must(
      await service.locks.place(admin, {
        target: { kind: "opt-out", optOut: locked.optOut },
        reason: "a look at the account",
      }),
    );
    must(await service.entities.delete(admin, { type: "user", id: erased.name }));
    must(await service.sessions.revoke(admin, signedOut.session));
    must(await service.tokens.revoke(admin, other.token.id));
    // Kept longer than the data: what was erased since is erased in it.
    await backUp(old, join(root, "newest"));
    const honoured = await stopLoad();
    expect(`honours were answered while the backups were made (${honoured})`, honoured > 0);

    if (old.url === null) must(await service.node.fence(admin, 2));
    else await fenceOff(old.config, 2);
    await until(() => service.node.doubt() !== null);
    const fenced = await ask(service, untouched.session);
    expect("the old node honours nothing once it is fenced off", fenced !== "honour", fenced);
    const late = await service.optOuts.revoke(admin, untouched.optOut, {});
    expect("the old node records nothing once it is fenced off", !late.ok);
    await service.close();
    service = await open(old);
    const again = await ask(service, untouched.session);
    expect("the old node is fenced off after a restart too", again !== "honour", again);
    await service.close();

    const ends = join(root, "old", "kept", "ends.jsonl");
    await afterRestore(await place(root, "new", server), ends);
    await afterRestore(await place(root, "bare", server), null);

    async function afterRestore(to: Place, from: string | null): Promise<void> {
      const how = from === null ? "without ends" : "with ends";
      const done = await restore(to.config, {
        backup: join(root, "backup"),
        keyring: join(root, "newest"),
        ends: from,
        admin: { type: "user", id: "olga" },
      });
      expect(`${how}: the log goes on in epoch 2`, done.epoch === 2, String(done.epoch));
      expect(`${how}: nothing is found wrong`, done.findings.length === 0, done.findings.join("; "));
      const restored = await open(to);
      const olga = callerOf(restored, done.adminToken);
      for (const one of people) {
        const outcome = await ask(restored, one.session);
        expect(`${how}: ${one.name}'s session of before counts no more`, outcome === "challenge", outcome);
      }
      const app = callerOf(restored, await application(restored, olga));
      const wanted = new Map<Holder, string>([
        [ended, "challenge"],
        [suspended, "challenge"],
        [locked, "challenge"],
      ]);
      for (const one of people) {
        if (one === erased) continue;
        const outcome = await ask(restored, await signIn(restored, app, one.name, "aal1"));
        const right = from === null ? "challenge" : (wanted.get(one) ?? "honour");
        expect(`${how}: ${one.name} signs in anew and is told ${right}`, outcome === right, outcome);
      }
      const gone = await restored.entities.get(olga, { type: "user", id: erased.name });
      expect(`${how}: whoever was erased since is not there`, !gone.ok);
      const token = restored.tokens.bySecret(other.secret);
      expect(
        `${how}: a token that was revoked since is not taken`,
        token === null || token.revokedAt !== null,
      );
      await restored.close();
      const store = await openStore(to);
      const audit = await auditLedger({
        store,
        masterKey: MASTER_KEY,
        origin: ORIGIN,
        keptHead: keptHeadFile(join(to.config.dataDir, "..", "kept", "head.note")),
      });
      await store.close();
      expect(
        `${how}: the ledger verifies, ${audit.entries} entries`,
        audit.findings.length === 0,
        audit.findings.map(({ detail }) => detail).join("; "),
      );
    }
  } catch (cause) {
    faults.push(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  } finally {
    await stopLoad?.();
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  }
  return { held, faults };
}

async function place(root: string, name: string, server: RunningPostgres | null): Promise<Place> {
  const url = server === null ? null : await server.createDatabase();
  return {
    url,
    config: configWith({
      mode: "production",
      masterKey: MASTER_KEY,
      origin: ORIGIN,
      dataDir: join(root, name, "data"),
      headFile: join(root, name, "kept", "head.note"),
      ...(url === null ? {} : { databaseUrl: url }),
    }),
  };
}

function openStore({ config, url }: Place): Promise<Store> {
  const world = realWorld();
  return url === null
    ? openSqliteStore({ directory: config.dataDir, world })
    : openPostgresStore({ url, world });
}

async function open(at: Place): Promise<Service> {
  const kept = join(at.config.dataDir, "..", "kept");
  return createService({
    world: realWorld(),
    store: await openStore(at),
    masterKey: MASTER_KEY,
    origin: ORIGIN,
    keptHead: keptHeadFile(join(kept, "head.note")),
    keptEnds: keptEndsFile(join(kept, "ends.jsonl")),
    bootstrapSecret: BOOTSTRAP,
  });
}

async function application(service: Service, admin: Caller): Promise<string> {
  const { secret } = must(
    await service.tokens.issue(admin, {
      label: "campaign",
      person: { type: "user", id: "olga" },
      scopes: ["admin"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  );
  return secret;
}

/** By the command, in a process of its own, as an operator would. */
async function backUp({ config, url }: Place, to: string): Promise<void> {
  const env = {
    ...process.env,
    POSTERN_DATA_DIR: config.dataDir,
    POSTERN_MASTER_KEY: Buffer.from(MASTER_KEY).toString("base64"),
    ...(url === null ? {} : { POSTERN_DATABASE_URL: url }),
  };
  await run(process.execPath, [POSTERN, "backup", to], { env });
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 500) throw new Error("expected the old node to notice within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
