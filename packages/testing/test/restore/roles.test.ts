import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { keptEndsFile, realWorld } from "@postern/server";
import { type Caller, createService, type KeptEnd, type KeptHead, type Service } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { must } from "../../src/index.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

const BOOTSTRAP = "test-bootstrap-secret";
const PASSWORD = "a long enough password";
const world = realWorld();

let directory: string;
let service: Service;
let admin: Caller;
let keptHead: KeptHead;
const opened: Service[] = [];

async function open(data: string, restored?: { readonly ends: readonly KeptEnd[] | null }): Promise<Service> {
  const made = await createService({
    world,
    store: await openSqliteStore({ directory: join(directory, data), world }),
    masterKey: new Uint8Array(32).fill(7),
    origin: "postern.test/ledger",
    keptHead: restored === undefined ? keptHead : keptInMemory(),
    keptEnds: keptEndsFile(join(directory, "ends.jsonl")),
    bootstrapSecret: BOOTSTRAP,
    authenticators: pretendedAuthenticators(),
    ...(restored === undefined ? {} : { restored }),
  });
  opened.push(made);
  return made;
}

async function auditor(person: string): Promise<string> {
  const { factors, roles } = service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const name = { type: "user", id: person };
  const invited = must(await factors.invite(admin, name));
  must(await factors.acceptInvitation(invited.secret, { password: PASSWORD }));
  return must(await roles.grant(admin, { person: name, role: "auditor" })).role.id;
}

const statesIn = async (of: Service, caller: Caller): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(must(await of.roles.list(caller)).map(({ person, state }) => [person.id, state]));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "postern-roles-"));
  keptHead = keptInMemory();
  service = await open("data");
  const { secret } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  admin = callerOf(service, secret);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await rm(directory, { recursive: true, force: true });
});

async function restoredBackup(act: () => Promise<void>, known: boolean): Promise<Service> {
  await service.close();
  opened.splice(0);
  await cp(join(directory, "data"), join(directory, "backup"), { recursive: true });
  service = await open("data");
  await act();
  await service.close();
  opened.splice(0);
  const kept = await keptEndsFile(join(directory, "ends.jsonl")).read();
  return await open("backup", { ends: known ? (kept?.ends ?? []) : null });
}

describe("a restored backup", () => {
  it("gives back no role that was taken away since, and goes on with the others", async () => {
    const lost = await auditor("ana");
    await auditor("cleo");
    const of = await restoredBackup(async () => void must(await service.roles.revoke(admin, lost)), true);
    expect(await statesIn(of, admin)).toEqual({ ana: "revoked", cleo: "held" });
  });

  it("leaves nobody a role where nothing of what ended is known", async () => {
    await auditor("ana");
    const of = await restoredBackup(async () => {}, false);
    expect(await statesIn(of, admin)).toEqual({ ana: "revoked" });
  });

  it("lets an administrator in again by the bootstrap secret, whoever ruled before", async () => {
    await auditor("ana");
    const of = await restoredBackup(async () => {}, false);
    const { role } = must(await of.roles.bootstrap(BOOTSTRAP, { type: "user", id: "rita" }));
    expect([role.role, role.state]).toEqual(["administrator", "held"]);
  });
});

describe("a role whose row was changed", () => {
  it("is as the entries tell it", async () => {
    const id = await auditor("ana");
    must(await service.roles.revoke(admin, id));
    await service.close();
    opened.splice(0);
    const database = new DatabaseSync(join(directory, "data", "postern.sqlite"));
    const { changes } = database
      .prepare(
        'UPDATE rows SET body = replace(body, \'"revokedAt":\', \'"revokedAt":null,"was":\') WHERE id = ?',
      )
      .run(id);
    expect(Number(changes)).toBe(1);
    database.close();
    service = await open("data");
    expect(await statesIn(service, admin)).toEqual({ ana: "revoked" });
    expect(service.node.doubt()?.reason).toBe("row_tampered");
  });
});
