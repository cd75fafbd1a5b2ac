import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Session } from "@postern/core";
import { realWorld } from "@postern/server";
import type { FactorService, Service } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callerOf } from "../../src/crash/ground.ts";
import { must } from "../../src/index.ts";
import { BOOTSTRAP, PASSWORD, type Restorable, restorable } from "./restorable.ts";

const AIM = { wanted: "aal2", maxAge: null, network: "192.0.2.0/24", known: null, carry: "" } as const;
const world = realWorld();

let at: Restorable;
let service: Service;
let session: Session;

function factorsOf({ factors }: Service): FactorService {
  if (factors === null) throw new Error("expected a service that signs people in");
  return factors;
}

const step = (): string => String(Math.floor(world.wall() / 30_000));
const kinds = (of: Service): readonly string[] =>
  factorsOf(of)
    .list(session)
    .map(({ kind, label }) => (label === "" ? kind : label))
    .sort();

/** Uses a recovery code; whether it was taken. */
async function recovers(of: Service, code: string): Promise<boolean> {
  const { signIn } = of;
  if (signIn === null) return false;
  const secret = signIn.begin(AIM, null);
  await signIn.password(secret, { name: "ana", password: PASSWORD });
  return (await signIn.recoveryCode(secret, code)).ok;
}

/** The files as they are, as a backup would have them. */
async function backup(): Promise<void> {
  await at.copy("backup");
  service = await at.open("data");
}

beforeEach(async () => {
  at = await restorable();
  service = await at.open("data");
  const { secret } = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
  const admin = callerOf(service, secret);
  const invited = must(await factorsOf(service).invite(admin, { type: "user", id: "ana" }));
  ({ session } = must(await factorsOf(service).acceptInvitation(invited.secret, { password: PASSWORD })));
  must(factorsOf(service).beginTotp(session));
  must(await factorsOf(service).finishTotp(session, { code: step(), label: "phone" }));
  must(await factorsOf(service).beginPasskey(session));
  must(
    await factorsOf(service).finishPasskey(session, {
      response: { id: "lost-laptop", bound: false },
      label: "lost laptop",
    }),
  );
  must(await factorsOf(service).makeRecoveryCodes(session));
});
afterEach(() => at.remove());

const lostLaptop = (of: Service): string =>
  factorsOf(of)
    .list(session)
    .find(({ label }) => label === "lost laptop")?.id ?? "";

describe("a restored backup", () => {
  it("gives no way to sign in back that was removed since, and no recovery code that was used since", async () => {
    await backup();
    must(await factorsOf(service).remove(session, lostLaptop(service)));
    expect(await recovers(service, "recover-0")).toBe(true);
    const ends = await at.ends();
    const restored = await at.open("backup", { ends });
    expect(kinds(restored)).toEqual(["password", "phone"]);
    expect(await recovers(restored, "recover-0")).toBe(false);
  });

  it("keeps recovery codes of which none was used since", async () => {
    expect(await recovers(service, "recover-0")).toBe(true);
    await backup();
    const ends = await at.ends();
    const restored = await at.open("backup", { ends });
    expect(await recovers(restored, "recover-0")).toBe(false);
    expect(await recovers(restored, "recover-1")).toBe(true);
  });

  it("without what was kept takes every recovery code back, and leaves what people come in by", async () => {
    await backup();
    const restored = await at.open("backup", { ends: null });
    expect(kinds(restored)).toEqual(["lost laptop", "password", "phone"]);
  });
});

describe("a row of a factor", () => {
  const withRows = async (edit: (database: DatabaseSync) => void): Promise<void> => {
    await at.close();
    const database = new DatabaseSync(join(at.directory, "data", "postern.sqlite"));
    edit(database);
    database.close();
    service = await at.open("data");
  };

  it("that was put back after the factor was removed is no way in", async () => {
    const id = lostLaptop(service);
    let row: Record<string, unknown> | undefined;
    await withRows((database) => {
      row = database.prepare("SELECT * FROM rows WHERE projection = 'factors' AND id = ?").get(id);
    });
    must(await factorsOf(service).remove(session, id));
    await withRows((database) => {
      const { body, entry, leaf, tag } = row as { readonly [name: string]: string };
      database
        .prepare(
          "UPDATE rows SET body = ?, entry = ?, leaf = ?, tag = ? WHERE projection = 'factors' AND id = ?",
        )
        .run(body ?? "", entry ?? 0, leaf ?? "", tag ?? "", id);
    });
    expect(kinds(service)).not.toContain("lost laptop");
    expect(service.node.doubt()?.reason).toBe("row_tampered");
  });

  it("that was changed proves nobody, and the others still do", async () => {
    const id = lostLaptop(service);
    await withRows((database) => {
      database
        .prepare(
          "UPDATE rows SET body = replace(body, '\"deviceBound\":false', '\"deviceBound\":true') WHERE id = ?",
        )
        .run(id);
    });
    expect(kinds(service)).not.toContain("lost laptop");
    expect(kinds(service)).toContain("phone");
  });
});
