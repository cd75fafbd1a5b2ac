import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "@postern/core";
import { keptHeadFile, realWorld } from "@postern/server";
import { type Caller, createService, type Problem, type Service } from "@postern/service";
import { openPostgresStore, openSqliteStore } from "@postern/store";
import { type RunningPostgres, startPostgres } from "@postern/testing";

export const BENCH_POLICY = `
kind: Attributes
name: bench
owner: bench
subject:
  roles: { type: list, of: string, max: 20, source: entity }
---
kind: Protection
name: reports
owner: bench
mode: enforce
resources: ["app:reports/**", "route:/reports/**"]
permit: [{ name: staff, when: '"staff" in subject.roles' }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
floor: aal1
---
kind: Protection
name: notes
owner: bench
mode: enforce
resources: ["app:notes/**", "route:/notes/**"]
permit: [{ name: staff, when: '"staff" in subject.roles' }]
require: { assurance: aal1 }
---
kind: Offer
name: known-person
owner: bench
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["app:reports/**", "route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en: { version: 1, title: Open without a code, stops: We stop asking for a code., protects: Your password still counts., until: It ends after seven days., undo: Turn it back on here. }
`;

/** A node with shipped defaults in a temporary folder. */
export interface BenchNode {
  readonly service: Service;
  readonly admin: Caller;
  readonly directory: string;
  /** Stops the node and leaves the folder. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function openNode(policy: string = BENCH_POLICY): Promise<BenchNode> {
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const world = realWorld();
  const service = await createService({
    world,
    store: await openSqliteStore({ directory, world }),
    masterKey: new Uint8Array(32).fill(9),
    origin: "postern.bench/ledger",
    keptHead: keptHeadFile(join(directory, "head.note")),
    bootstrapSecret: "bench",
  });
  const first = must(await service.tokens.bootstrap("bench", { type: "user", id: "bench" }));
  const token = service.tokens.bySecret(first.secret);
  if (token === null) throw new Error("the first token is unknown");
  const admin: Caller = { kind: "token", token };
  const published = must(await service.policy.publish(admin, [{ path: "bench.yaml", text: policy }]));
  must(await service.policy.activate(admin, published.id));
  return {
    service,
    admin,
    directory,
    stop: () => service.close(),
    async close() {
      await service.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Several nodes with shipped defaults over one PostgreSQL of their own, and an administrator at each. */
export interface SharedNodes {
  readonly nodes: readonly { readonly service: Service; readonly admin: Caller }[];
  readonly database: RunningPostgres;
  close(): Promise<void>;
}

export async function openShared(count: number, policy: string = BENCH_POLICY): Promise<SharedNodes> {
  const database = await startPostgres();
  const directory = await mkdtemp(join(tmpdir(), "postern-bench-"));
  const world = realWorld();
  const services: Service[] = [];
  for (let at = 0; at < count; at++)
    services.push(
      await createService({
        world,
        store: await openPostgresStore({ url: database.url, world }),
        masterKey: new Uint8Array(32).fill(9),
        origin: "postern.bench/ledger",
        keptHead: keptHeadFile(join(directory, `${at}.note`)),
        bootstrapSecret: "bench",
      }),
    );
  const [first] = services;
  if (first === undefined) throw new Error("expected one node or more");
  const { secret } = must(await first.tokens.bootstrap("bench", { type: "user", id: "bench" }));
  const nodes: { readonly service: Service; readonly admin: Caller }[] = [];
  for (const service of services) {
    await service.node.fresh();
    const token = service.tokens.bySecret(secret);
    if (token === null) throw new Error("the first token is unknown");
    nodes.push({ service, admin: { kind: "token", token } });
  }
  const admin = nodes[0]?.admin;
  if (admin === undefined) throw new Error("expected one node or more");
  const published = must(await first.policy.publish(admin, [{ path: "bench.yaml", text: policy }]));
  must(await first.policy.activate(admin, published.id));
  return {
    nodes,
    database,
    async close() {
      for (const service of services) await service.close();
      await database.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Signs a person in at aal2, opts out, and signs in again at aal1. Gives the id and secret of the last session. */
export async function personWithOptOut(
  service: Service,
  admin: Caller,
  app: Caller,
  id: string,
): Promise<{ readonly session: string; readonly secret: string }> {
  must(await service.entities.put(admin, { type: "user", id }, { attributes: { roles: ["staff"] } }));
  const signIn = async (acr: "aal1" | "aal2") =>
    must(
      await service.sessions.register(app, {
        subject: { type: "user", id },
        acr,
        authTime: new Date().toISOString(),
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );
  const strong = service.sessions.byId((await signIn("aal2")).session.id);
  if (strong === null) throw new Error("no session");
  const caller: Caller = { kind: "session", session: strong };
  const requested = must(await service.optOuts.request(caller, { offer: "known-person" }));
  const disclosure = must(await service.optOuts.disclosure(caller, requested.id, ["en"]));
  must(await service.optOuts.consent(caller, requested.id, { disclosure: disclosure.hash, locale: "en" }));
  const { session, secret } = await signIn("aal1");
  return { session: session.id, secret };
}

export async function applicationToken(
  service: Service,
  admin: Caller,
): Promise<{ readonly caller: Caller; readonly secret: string }> {
  const { secret } = must(
    await service.tokens.issue(admin, {
      label: "bench application",
      scopes: ["decide", "sessions.register"],
      maxAcr: "aal2",
      subjectTypes: ["user"],
      expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  );
  const token = service.tokens.bySecret(secret);
  if (token === null) throw new Error("the application's token is unknown");
  return { caller: { kind: "token", token }, secret };
}

export function must<Value>(result: Result<Value, Problem>): Value {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.detail}`);
  return result.value;
}
