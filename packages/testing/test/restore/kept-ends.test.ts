import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptEndsFile, realWorld } from "@postern/server";
import {
  type Caller,
  createService,
  type KeptEnd,
  type KeptEnds,
  type KeptHead,
  type Service,
} from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CAMPAIGN_POLICY } from "../../src/crash/campaign-policy.ts";
import { callerOf } from "../../src/crash/ground.ts";
import { must } from "../../src/index.ts";
import { callerIn, type Holder, holder } from "../../src/restore/people.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";

const BOOTSTRAP = "test-bootstrap-secret";

describe("what is kept of ends", () => {
  let directory: string;
  let file: string;
  let kept: KeptEnds;
  let broken: boolean;
  let alarms: string[];
  let service: Service;
  let admin: Caller;
  let secret: string;
  let keptHead: KeptHead;
  const open = async (): Promise<Service> => {
    const world = realWorld();
    const files = keptEndsFile(file);
    kept = {
      append: (ends) => (broken ? Promise.reject(new Error("no room on the disk")) : files.append(ends)),
      read: files.read,
    };
    return createService({
      world,
      store: await openSqliteStore({ directory: join(directory, "data"), world }),
      masterKey: new Uint8Array(32).fill(7),
      origin: "postern.test/ledger",
      keptHead,
      keptEnds: kept,
      bootstrapSecret: BOOTSTRAP,
      alarm: (detail) => alarms.push(detail),
    });
  };
  const ends = async (): Promise<readonly KeptEnd[]> => (await kept.read())?.ends ?? [];
  const heldOf = async (one: Holder): Promise<readonly KeptEnd[]> =>
    (await ends()).filter((end) => end.kind === "held" && end.id === one.optOut);
  const shorten = async (one: Holder, days: number): Promise<number> => {
    const expiresAt = new Date(Date.now() + days * 86_400_000).toISOString();
    must(await service.optOuts.narrow(callerIn(service, one.session), one.optOut, null, { expiresAt }));
    return Date.parse(expiresAt);
  };
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postern-kept-"));
    file = join(directory, "kept", "ends.jsonl");
    keptHead = keptInMemory();
    broken = false;
    alarms = [];
    service = await open();
    secret = must(await service.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" })).secret;
    const first = callerOf(service, secret);
    const application = must(
      await service.tokens.issue(first, {
        label: "application",
        person: { type: "user", id: "olga" },
        scopes: ["admin"],
        maxAcr: "aal2",
        subjectTypes: ["user"],
        expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    );
    secret = application.secret;
    admin = callerOf(service, secret);
    const published = must(
      await service.policy.publish(admin, [{ path: "policy.yaml", text: CAMPAIGN_POLICY }]),
    );
    must(await service.policy.activate(admin, published.id));
  });
  afterEach(async () => {
    await service.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("tells what an opt-out covers when it is granted and whenever that changes, and nothing of its scope", async () => {
    const ana = await holder(service, admin, "ana");
    expect(await heldOf(ana)).toHaveLength(1);
    const expiresAt = await shorten(ana, 2);
    const [, after] = await heldOf(ana);
    expect(after).toMatchObject({ kind: "held", pending: false, expiresAt });
    expect(JSON.stringify(await ends())).not.toContain("/reports");
  });

  it("tells which policy was put in force", async () => {
    const revision = service.policy.active();
    expect((await ends()).filter(({ kind }) => kind === "policy")).toMatchObject([{ revision }]);
  });

  it("is complete again with the next end that can be kept, and says until then that it is not", async () => {
    const [ana, ben, eve] = [
      await holder(service, admin, "ana"),
      await holder(service, admin, "ben"),
      await holder(service, admin, "eve"),
    ];
    broken = true;
    const expiresAt = await shorten(ana, 2);
    must(await service.optOuts.revoke(callerIn(service, ben.session), ben.optOut, {}));
    expect(service.node.endsTrouble()).toContain("no room on the disk");
    expect(service.node.status().endsTrouble).toContain("no room on the disk");
    expect(service.node.doubt()).toBeNull();
    expect(alarms.filter((detail) => detail.includes("no room"))).toHaveLength(1);
    broken = false;
    must(await service.optOuts.revoke(callerIn(service, eve.session), eve.optOut, {}));
    expect(service.node.endsTrouble()).toBeNull();
    expect((await heldOf(ana)).at(-1)).toMatchObject({ expiresAt });
    const revoked = (await ends()).filter((end) => end.kind === "opt-out").map(({ id }) => id);
    expect(revoked.sort()).toEqual([ben.optOut, eve.optOut].sort());
  });

  it("is made complete at the start of a node", async () => {
    const ana = await holder(service, admin, "ana");
    const ben = await holder(service, admin, "ben");
    broken = true;
    const expiresAt = await shorten(ana, 2);
    must(await service.optOuts.suspend(admin, ben.optOut, {}));
    await service.close();
    broken = false;
    service = await open();
    expect((await heldOf(ana)).at(-1)).toMatchObject({ expiresAt });
    expect(await ends()).toContainEqual(
      expect.objectContaining({ kind: "opt-out", id: ben.optOut, suspended: true }),
    );
    const before = await ends();
    await service.close();
    service = await open();
    expect(await ends()).toEqual(before);
  });

  it("tells at the start of a node whether what was suspended goes on, where that could not be kept", async () => {
    const [ana, ben] = [await holder(service, admin, "ana"), await holder(service, admin, "ben")];
    must(await service.optOuts.suspend(admin, ana.optOut, {}));
    must(await service.optOuts.suspend(admin, ben.optOut, {}));
    must(await service.optOuts.resume(admin, ben.optOut));
    broken = true;
    must(await service.optOuts.resume(admin, ana.optOut));
    must(await service.optOuts.suspend(admin, ben.optOut, {}));
    await service.close();
    broken = false;
    service = await open();
    const of = async (one: Holder): Promise<KeptEnd | undefined> =>
      (await ends()).findLast((end) => "id" in end && end.id === one.optOut);
    expect(await of(ana)).toMatchObject({ kind: "held" });
    expect(await of(ben)).toMatchObject({ kind: "opt-out", suspended: true });
  });

  it("does not follow a log that is older than what was kept", async () => {
    const ana = await holder(service, admin, "ana");
    const later: KeptEnd = {
      kind: "held",
      id: ana.optOut,
      entry: service.ledger.size() + 100,
      pending: false,
      scope: "0".repeat(64),
      expiresAt: 1,
    };
    await kept.append([later]);
    await service.close();
    service = await open();
    expect((await heldOf(ana)).at(-1)).toEqual(later);
  });

  it("is said to be in trouble while a line of it cannot be read, and goes on being kept", async () => {
    const ana = await holder(service, admin, "ana");
    await service.close();
    const good = await readFile(file, "utf8");
    await appendFile(file, "{}\n");
    service = await open();
    expect(service.node.endsTrouble()).toContain("cannot be read");
    must(await service.optOuts.revoke(callerIn(service, ana.session), ana.optOut, {}));
    expect(service.node.endsTrouble()).toContain("cannot be read");
    const added = (await readFile(file, "utf8")).slice(good.length + 3);
    await writeFile(file, good + added);
    expect((await ends()).at(-1)).toMatchObject({ kind: "opt-out", id: ana.optOut });
  });
});
