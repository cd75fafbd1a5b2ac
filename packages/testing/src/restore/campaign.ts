import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
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
import { callerOf, MASTER_KEY, ORIGIN } from "../crash/ground.ts";
import { must } from "../deployment/deployment.ts";
import { type RunningPostgres, startPostgres } from "../postgres/start-postgres.ts";
import { ask, asker, callerIn, consent, type Holder, holder, load, signIn, whyNot } from "./people.ts";
import { LIMITED_OFFER, MOST_USES, RESTORE_POLICY, STRICTER_POLICY } from "./restore-policy.ts";

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
      await service.policy.publish(admin, [{ path: "policy.yaml", text: RESTORE_POLICY }]),
    );
    must(await service.policy.activate(admin, published.id));
    const people: Holder[] = [];
    const joined = async (name: string, offer?: string): Promise<Holder> => {
      const one = await holder(service, admin, name, offer);
      people.push(one);
      return one;
    };
    const ended = await joined("ended");
    const suspended = await joined("suspended");
    const locked = await joined("locked");
    const erased = await joined("erased");
    const untouched = await joined("untouched");
    const signedOut = await joined("signed-out");
    const narrowed = await joined("narrowed");
    const shortened = await joined("shortened");
    const both = await joined("narrowed-and-resumed");
    const before = await joined("narrowed-before");
    const resumed = await joined("suspended-and-resumed-before");
    const paused = await joined("resumed-before-and-suspended-since");
    const unlimited = [...people];
    const usedUp = await joined("used-up", LIMITED_OFFER);
    const unused = await joined("limited-and-unused", LIMITED_OFFER);
    const shorten = async (one: Holder, days: number): Promise<void> => {
      const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString();
      must(await service.optOuts.narrow(callerIn(service, one.session), one.optOut, null, { expiresAt }));
    };
    const narrow = async (one: Holder): Promise<void> => {
      const scope = { actions: ["get"], resources: ["route:/reports/yearly/**"] };
      must(await service.optOuts.narrow(callerIn(service, one.session), one.optOut, null, { scope }));
    };
    await shorten(before, 3);
    for (const { optOut } of [resumed, paused]) {
      must(await service.optOuts.suspend(admin, optOut, {}));
      must(await service.optOuts.resume(admin, optOut));
    }
    const waiting = await asker(service, admin, "waiting");
    const decided = await asker(service, admin, "decided-since");
    const rethought = await asker(service, admin, "narrowed-while-waiting");
    const other = must(
      await service.tokens.issue(admin, {
        label: "to be revoked",
        scopes: ["opt-outs.read"],
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );

    stopLoad = load(service, unlimited);
    await backUp(old, join(root, "backup"));
    must(await service.optOuts.revoke(callerIn(service, ended.session), ended.optOut, {}));
    must(await service.optOuts.suspend(admin, suspended.optOut, { reason: "a look at the account" }));
    must(await service.optOuts.suspend(admin, paused.optOut, { reason: "another look at the account" }));
    must(
      await service.locks.place(admin, {
        target: { kind: "opt-out", optOut: locked.optOut },
        reason: "a look at the account",
      }),
    );
    must(await service.entities.delete(admin, { type: "user", id: erased.name }));
    must(await service.sessions.revoke(admin, signedOut.session));
    must(await service.tokens.revoke(admin, other.token.id));
    await narrow(narrowed);
    await shorten(shortened, 1);
    await narrow(both);
    must(await service.optOuts.suspend(admin, both.optOut, {}));
    must(await service.optOuts.resume(admin, both.optOut));
    await narrow(rethought);
    await consent(service, decided);
    let uses = 0;
    for (let turn = 0; turn <= MOST_USES; turn++)
      if ((await ask(service, usedUp.session)) === "honour") uses += 1;
    expect(
      `what may be used ${MOST_USES} times is used up after the backup`,
      uses === MOST_USES,
      String(uses),
    );
    // Kept longer than the data: what was erased since is erased in it.
    await backUp(old, join(root, "newest"));
    const honoured = await stopLoad();
    expect(`honours were answered while the backups were made (${honoured})`, honoured > 0);

    const ends = join(root, "old", "kept", "ends.jsonl");
    const endsBefore = join(root, "ends-before.jsonl");
    await copyFile(ends, endsBefore);
    const stricter = must(
      await service.policy.publish(admin, [{ path: "policy.yaml", text: STRICTER_POLICY }]),
    );
    must(await service.policy.activate(admin, stricter.id));

    if (old.url === null) await service.close();
    const fencedFor = await fenceOff(old.config, null);
    expect("the fence names the epoch after the log's own", fencedFor === 2, String(fencedFor));
    const twice = await fenceOff(old.config, 2);
    expect("a log that is fenced off already is left as it is", twice === 2, String(twice));
    if (old.url === null) service = await open(old);
    await until(() => service.node.fence() !== null);
    const size = service.ledger.size();
    for (const when of ["once it is fenced off", "after a restart", "after another restart"]) {
      // A node that recorded after the fence would have done so by now, and put another entry where the fence was.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const outcome = await ask(service, untouched.session);
      expect(`the old node honours nothing ${when}`, outcome !== "honour", outcome);
      const late = await service.optOuts.revoke(admin, untouched.optOut, {});
      expect(`the old node records nothing ${when}`, !late.ok && service.ledger.size() === size);
      const accepted = await service.node.acceptLoss(admin, { lost: 0 });
      expect(`the fence is not accepted away ${when}`, !accepted.ok);
      await service.close();
      service = await open(old);
    }
    await service.close();

    await afterRestore(await place(root, "new", server), endsBefore, "with ends");
    await afterRestore(await place(root, "older-policy", server), ends, "with a stricter policy lost");
    await afterRestore(await place(root, "bare", server), null, "without ends");

    async function afterRestore(to: Place, from: string | null, how: string): Promise<void> {
      const done = await restore(to.config, {
        backup: join(root, "backup"),
        keyring: join(root, "newest"),
        ends: from,
        epoch: from === endsBefore ? fencedFor : null,
        admin: { type: "user", id: "olga" },
      });
      expect(`${how}: the log goes on in epoch 2`, done.epoch === 2, String(done.epoch));
      expect(`${how}: nothing is found wrong`, done.findings.length === 0, done.findings.join("; "));
      const restored = await open(to);
      const olga = callerOf(restored, done.adminToken);
      expect(
        `${how}: what ended is kept again for the next restore`,
        restored.node.endsTrouble() === null,
        restored.node.endsTrouble() ?? "",
      );
      const isLocked = from === ends;
      expect(
        `${how}: ${isLocked ? "a lock holds everything shut" : "no lock is placed for a policy that is the last"}`,
        (done.lock !== null) === isLocked,
        String(done.lock),
      );
      for (const one of people) {
        const outcome = await ask(restored, one.session);
        expect(`${how}: ${one.name}'s session of before counts no more`, outcome === "challenge", outcome);
      }
      const app = callerOf(restored, await application(restored, olga));
      if (done.lock !== null) {
        const outcome = await ask(restored, await signIn(restored, app, untouched.name, "aal1"));
        expect(
          `${how}: nobody is honoured until an administrator has looked`,
          outcome === "challenge",
          outcome,
        );
        must(await restored.locks.lift(olga, done.lock));
      }
      const inDoubt = [narrowed, shortened, both, usedUp, unused];
      const wanted = new Map<Holder, string>(
        [ended, suspended, paused, locked, ...inDoubt].map((one) => [one, "challenge"]),
      );
      for (const one of people) {
        if (one === erased) continue;
        const outcome = await ask(restored, await signIn(restored, app, one.name, "aal1"));
        const right = from === null ? "challenge" : (wanted.get(one) ?? "honour");
        expect(`${how}: ${one.name} signs in anew and is told ${right}`, outcome === right, outcome);
      }
      for (const one of inDoubt) {
        const why = await whyNot(restored, await signIn(restored, app, one.name, "aal1"));
        const { paused } = must(await restored.optOuts.get(olga, one.optOut, {}));
        const told = [why, paused].every((reasons) => reasons.includes("suspended_in_doubt"));
        expect(`${how}: ${one.name} is told that it is in doubt`, told, [...why, ...paused].join());
      }
      must(await restored.optOuts.resume(olga, shortened.optOut));
      const resolved = await ask(restored, await signIn(restored, app, shortened.name, "aal1"));
      expect(`${how}: whose doubt an administrator resolved is honoured`, resolved === "honour", resolved);
      for (const one of [waiting, decided, rethought]) {
        const { state } = must(await restored.optOuts.get(olga, one.optOut, {}));
        const right = one === waiting && from !== null ? "pending" : "withdrawn";
        expect(`${how}: the request of ${one.name} is ${right}`, state === right, state);
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
