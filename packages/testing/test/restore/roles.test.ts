import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Caller, Service } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { must } from "../../src/index.ts";
import { BOOTSTRAP, PASSWORD, type Restorable, restorable } from "./restorable.ts";

let at: Restorable;
let service: Service;
let admin: Caller;

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
  at = await restorable();
  service = await at.open("data");
  const { secret } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  admin = callerOf(service, secret);
});
afterEach(() => at.remove());

async function restoredBackup(act: () => Promise<void>, known: boolean): Promise<Service> {
  await at.copy("backup");
  service = await at.open("data");
  await act();
  await at.close();
  return await at.open("backup", { ends: known ? ((await at.ends()) ?? []) : null });
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
    await at.close();
    const database = new DatabaseSync(join(at.directory, "data", "postern.sqlite"));
    const { changes } = database
      .prepare(
        'UPDATE rows SET body = replace(body, \'"revokedAt":\', \'"revokedAt":null,"was":\') WHERE id = ?',
      )
      .run(id);
    expect(Number(changes)).toBe(1);
    database.close();
    service = await at.open("data");
    expect(await statesIn(service, admin)).toEqual({ ana: "revoked" });
    expect(service.node.doubt()?.reason).toBe("row_tampered");
  });
});
