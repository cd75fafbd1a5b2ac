import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyExport } from "@postern/ledger";
import { realWorld } from "@postern/server";
import { auditLedger } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CAMPAIGN_POLICY } from "../../src/crash/campaign-policy.ts";
import {
  callerOf,
  type Ground,
  keptHeadOf,
  MASTER_KEY,
  ORIGIN,
  openNode,
  prepare,
} from "../../src/crash/ground.ts";
import { must } from "../../src/index.ts";
import { plainSql } from "../../src/tamper/plain-sql.ts";

describe("the audit of a ledger", () => {
  let ground: Ground;
  let secret: string;
  beforeEach(async () => {
    ground = { kind: "sqlite", directory: await mkdtemp(join(tmpdir(), "postern-audit-")), url: null };
    secret = await prepare(ground);
  });
  afterEach(() => rm(ground.directory, { recursive: true, force: true }));

  const audit = async () => {
    const store = await openSqliteStore({ directory: join(ground.directory, "data"), world: realWorld() });
    try {
      return await auditLedger({
        store,
        masterKey: MASTER_KEY,
        origin: ORIGIN,
        keptHead: keptHeadOf(ground),
      });
    } finally {
      await store.close();
    }
  };
  const change = (sql: string): void => {
    const db = plainSql(ground, null);
    db.run(sql);
    db.close();
  };

  it("counts what it has read and finds nothing in a ledger as it was written", async () => {
    const { findings, entries, rows, values } = await audit();
    expect(findings).toEqual([]);
    expect(entries).toBeGreaterThan(5);
    expect(rows).toBeGreaterThan(3);
    expect(values).toBeGreaterThan(0);
  });

  it("names neighbouring entries that are missing in one sentence", async () => {
    change("DELETE FROM entries WHERE position IN (2, 3, 4)");
    const { findings } = await audit();
    expect(findings[0]).toEqual({ where: { entry: 2, through: 4 }, detail: "entries 2 to 4 are missing" });
  });

  it("comes to an end when the head states more entries than could ever be read", async () => {
    change("UPDATE head SET size = 900000000000000");
    expect((await audit()).findings[0]?.where).toBe("head");
  });

  it("does not take an erased value for a changed one", async () => {
    const { service } = await openNode(ground);
    const admin = callerOf(service, secret);
    must(await service.entities.put(admin, { type: "user", id: "eve" }, { attributes: { roles: [] } }));
    must(await service.entities.delete(admin, { type: "user", id: "eve" }));
    await service.close();
    expect((await audit()).findings).toEqual([]);
  });

  it("is not signed over: a node in doubt leaves the head that is kept outside as it was", async () => {
    const before = await keptHeadOf(ground).read();
    change("DELETE FROM rows WHERE projection = 'entities'");
    const { service } = await openNode(ground);
    expect(service.node.doubt()?.reason).toBe("row_tampered");
    await service.locks.place(callerOf(service, secret), { target: { kind: "everything" } });
    await service.ledger.sign();
    await service.close();
    expect(await keptHeadOf(ground).read()).toBe(before);
  });

  it("keeps a policy text that was changed in the database from coming into force by a roll-back", async () => {
    const { service } = await openNode(ground);
    const admin = callerOf(service, secret);
    const before = service.policy.active();
    const text = CAMPAIGN_POLICY.replace("payouts/**", "payouts/all/**");
    const next = must(await service.policy.publish(admin, [{ path: "policy.yaml", text }]));
    must(await service.policy.activate(admin, next.id));
    change(`UPDATE documents SET text = replace(text, 'aal2', 'aal1') WHERE id = '${before}'`);
    const rolledBack = await service.policy.rollback(admin);
    expect(rolledBack.ok).toBe(false);
    expect(service.policy.active()).toBe(next.id);
    expect(service.node.doubt()?.reason).toBe("row_tampered");
    await service.close();
    expect((await audit()).findings.map(({ where }) => where)).toEqual([{ revision: before }]);
  });

  it("exports any stretch so that it verifies, also where it begins or ends at a signed head", async () => {
    const { service } = await openNode(ground);
    const admin = callerOf(service, secret);
    const heads = new Map<number, string>();
    for (let count = 0; count < 6; count++) {
      heads.set(service.ledger.size(), await service.ledger.sign());
      must(await service.entities.put(admin, { type: "user", id: `u${count}` }, { attributes: {} }));
    }
    heads.set(service.ledger.size(), await service.ledger.sign());
    for (let from = 0; from <= service.ledger.size(); from++) {
      for (const lastKnownCheckpoint of heads.values()) {
        const held = Number(lastKnownCheckpoint.split("\n")[1]);
        if (held < from && held !== [...heads.keys()].findLast((size) => size < from)) continue;
        const lines = must(await service.ledger.export(admin, from, null, false));
        const report = await verifyExport(lines, {
          trustedKeys: service.ledger.verifierKeys(),
          lastKnownCheckpoint,
        });
        expect({ from, held, wrong: report.checks.filter(({ ok }) => !ok) }).toEqual({
          from,
          held,
          wrong: [],
        });
      }
    }
    await service.close();
  });
});
