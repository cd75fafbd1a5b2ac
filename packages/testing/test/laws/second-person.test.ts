import { type Caller, type Store, StoreError } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { database } from "../../src/simulation/database.ts";
import { directWire, memoryStore } from "../../src/simulation/store.ts";
import { heldStore } from "./held-store.ts";
import { DAY, POLICY, type Shop, shop } from "./shop.ts";

let at: Shop;
beforeEach(async () => {
  at = await shop();
});
afterEach(() => at.node.stop());

type Asked = Parameters<Shop["node"]["service"]["tokens"]["issue"]>[1];

const code = (result: { ok: boolean; refusal?: { code: string } }): string => result.refusal?.code ?? "done";
const types = async (from: number) => (await at.node.entries(from)).map(({ type }) => type);
const size = (): number => at.node.service.ledger.size();
const ends = (): string => new Date(at.node.world.wall() + 30 * DAY).toISOString();
const ask = (caller: Caller, more: Partial<Asked>) =>
  at.node.service.tokens.issue(caller, { label: "t", scopes: ["decide"], expiresAt: ends(), ...more });
const locked = async (): Promise<string> =>
  must(await at.node.service.locks.place(at.node.admin, { target: { kind: "everything" } })).id;
const open = async (caller: Caller = at.node.admin) =>
  must(await at.node.service.unreviewed.list(caller, { limit: 100 })).items;

const revoke = async (caller: Caller, of: Caller) =>
  must(await at.node.service.tokens.revoke(caller, of.kind === "token" ? of.token.id : ""));

/** A second administrator, and nothing left to look at. */
async function pia(): Promise<Caller> {
  const caller = await at.node.token(["admin"], "pia");
  for (const { id } of await open()) must(await at.node.service.unreviewed.confirm(caller, id));
  return caller;
}

describe("law 9, two persons for what widens", () => {
  it("one person alone lifts a lock while there is no second, and the entry says so", async () => {
    const lock = await locked();
    const lifted = must(await at.node.service.locks.lift(at.node.admin, lock));
    expect([lifted.state, lifted.waits]).toEqual(["lifted", undefined]);
    expect((await at.node.entries()).at(-1)).toMatchObject({
      type: "lock.lifted",
      data: { lock, unreviewed: true },
    });
    expect((await open()).filter(({ what }) => what.kind === "lock")).toMatchObject([
      { state: "unreviewed", what: { lock }, by: { type: "user", id: "olga" }, decideBy: null },
    ]);
  });

  it("what one person did alone is reviewed by another, and never by the same", async () => {
    must(await at.node.service.locks.lift(at.node.admin, await locked()));
    const act = (await open()).find(({ what }) => what.kind === "lock")?.id ?? "";
    const { unreviewed } = at.node.service;
    expect(code(await unreviewed.confirm(at.node.admin, act))).toBe("unreviewed.own_act");
    const other = await at.node.token(["admin"], "pia");
    const from = size();
    expect(must(await unreviewed.confirm(other, act))).toMatchObject({
      state: "confirmed",
      decidedBy: { type: "user", id: "pia" },
    });
    expect(await types(from)).toEqual(["act.confirmed"]);
    expect((await open()).map(({ id }) => id)).not.toContain(act);
    expect(must(await unreviewed.list(other, { limit: 9, state: "confirmed" })).items).toHaveLength(1);
    expect(code(await unreviewed.confirm(other, act))).toBe("unreviewed.state");
    expect(code(await unreviewed.deny(other, act))).toBe("unreviewed.state");
  });

  it("a lock holds until a second person has confirmed that it is lifted", async () => {
    const other = await pia();
    const lock = await locked();
    const asked = must(await at.node.service.locks.lift(at.node.admin, lock));
    expect([asked.state, asked.waits?.state]).toEqual(["holds", "waiting"]);
    const again = must(await at.node.service.locks.lift(at.node.admin, lock));
    expect([again.state, again.waits?.id]).toEqual(["holds", asked.waits?.id]);
    const from = size();
    must(await at.node.service.unreviewed.confirm(other, asked.waits?.id ?? ""));
    expect(await types(from)).toEqual(["act.confirmed", "lock.lifted"]);
    expect((await at.node.entries()).at(-1)?.data).toEqual({ lock });
    expect(await open()).toEqual([]);
  });

  it("two persons who lift the same lock lift it", async () => {
    const other = await pia();
    const lock = await locked();
    must(await at.node.service.locks.lift(at.node.admin, lock));
    expect(must(await at.node.service.locks.lift(other, lock)).state).toBe("lifted");
  });

  it("a second token of the same person is not a second person", async () => {
    await pia();
    const lock = await locked();
    const act = must(await at.node.service.locks.lift(at.node.admin, lock)).waits?.id ?? "";
    const mine = must(await ask(at.node.admin, { scopes: ["admin"], person: { type: "user", id: "olga" } }));
    expect(mine.waits?.state).toBe("waiting");
    expect(at.node.service.tokens.bySecret(mine.secret)).toBe(null);
    expect(code(await at.node.service.unreviewed.confirm(at.node.admin, act))).toBe("unreviewed.own_act");
  });

  it.each([
    ["carries admin", { scopes: ["admin"] }],
    ["carries policy.activate", { scopes: ["decide", "policy.activate"] }],
    ["carries opt-outs.approve", { scopes: ["opt-outs.approve"], person: { type: "user", id: "olga" } }],
    ["speaks in another's name", { scopes: ["opt-outs.read"], person: { type: "user", id: "ana" } }],
  ] satisfies readonly (readonly [string, Partial<Asked>])[])(
    "a token that %s opens nothing before",
    async (_, more) => {
      const other = await pia();
      const asked = must(await ask(at.node.admin, more));
      expect([asked.token.state, asked.waits?.what.kind]).toEqual(["waiting", "token"]);
      expect(asked.waits?.what).toMatchObject({ scopes: more.scopes, token: asked.token.id });
      expect(at.node.service.tokens.bySecret(asked.secret)).toBe(null);
      must(await at.node.service.unreviewed.confirm(other, asked.waits?.id ?? ""));
      expect(at.node.service.tokens.bySecret(asked.secret)).toMatchObject({ id: asked.token.id });
    },
  );

  it.each([
    ["an application's", { scopes: ["decide", "sessions.register"] }],
    ["one's own, of narrow scopes", { scopes: ["opt-outs.read"], person: { type: "user", id: "olga" } }],
  ] satisfies readonly (readonly [string, Partial<Asked>])[])(
    "%s token takes one person",
    async (_, more) => {
      await pia();
      const asked = must(await ask(at.node.admin, more));
      expect([asked.token.state, asked.waits]).toEqual(["live", undefined]);
    },
  );

  it("narrowing takes one person: placing a lock, revoking a token", async () => {
    const other = await pia();
    await locked();
    await revoke(at.node.admin, other);
    expect(await open()).toEqual([]);
  });

  it("what waits lapses by arithmetic", async () => {
    const other = await pia();
    const asked = must(await ask(at.node.admin, { scopes: ["admin"] }));
    at.node.world.pass(DAY + 1_000);
    await at.node.settle();
    expect(code(await at.node.service.unreviewed.confirm(other, asked.waits?.id ?? ""))).toBe(
      "unreviewed.state",
    );
    expect(
      must(await at.node.service.unreviewed.list(other, { limit: 9, state: "lapsed" })).items,
    ).toHaveLength(1);
  });

  it("what was denied does not happen, whoever denied it", async () => {
    const other = await pia();
    for (const who of [at.node.admin, other]) {
      const asked = must(await ask(at.node.admin, { scopes: ["admin"] }));
      const act = asked.waits?.id ?? "";
      expect(must(await at.node.service.unreviewed.deny(who, act)).state).toBe("denied");
      expect(code(await at.node.service.unreviewed.confirm(other, act))).toBe("unreviewed.state");
      expect(at.node.service.tokens.bySecret(asked.secret)).toBe(null);
    }
  });

  it("whoever asked must still be an administrator when it is confirmed", async () => {
    const other = await pia();
    const asked = must(await ask(other, { scopes: ["admin"] }));
    await revoke(at.node.admin, other);
    expect(code(await at.node.service.unreviewed.confirm(at.node.admin, asked.waits?.id ?? ""))).toBe(
      "unreviewed.state",
    );
  });

  it("a waiting act, with its entry, is there after a restart", async () => {
    await pia();
    const asked = must(await ask(at.node.admin, { scopes: ["admin"] }));
    await at.node.reopen();
    expect((await open()).map(({ id, state }) => [id, state])).toEqual([[asked.waits?.id, "waiting"]]);
  });

  it("an accepted time takes two who ask for the same, and both stand in the record", async () => {
    const other = await pia();
    const { node } = at.node.service;
    const from = size();
    const asked = must(await node.acceptTime(at.node.admin));
    expect([asked.waits?.what.kind, await types(from)]).toEqual(["time", []]);
    expect(await open()).toMatchObject([{ state: "waiting", what: { kind: "time" } }]);
    expect(must(await node.acceptTime(at.node.admin)).waits?.id).toBe(asked.waits?.id);
    must(await node.acceptTime(other));
    const entries = await at.node.entries(from);
    expect(entries.map(({ type }) => type)).toEqual(["act.requested", "act.confirmed", "time.accepted"]);
    expect(entries[0]?.by.person).not.toBe(entries[1]?.by.person);
    expect(await open()).toEqual([]);
  });

  it("an accepted time that waits is confirmed as everything is", async () => {
    const other = await pia();
    const { node, unreviewed } = at.node.service;
    const act = must(await node.acceptTime(at.node.admin)).waits?.id ?? "";
    expect(code(await unreviewed.confirm(at.node.admin, act))).toBe("unreviewed.own_act");
    expect(must(await unreviewed.confirm(other, act)).state).toBe("confirmed");
    const next = must(await node.acceptTime(at.node.admin)).waits?.id ?? "";
    expect(must(await unreviewed.deny(at.node.admin, next)).state).toBe("denied");
    expect(await open()).toEqual([]);
  });

  it("a word of one who is no administrator any more counts for nothing: whoever is left did it alone", async () => {
    const other = await pia();
    const { node, locks, unreviewed } = at.node.service;
    const lock = await locked();
    must(await locks.lift(other, lock));
    const act = must(await node.acceptTime(other)).waits?.id ?? "";
    await revoke(at.node.admin, other);
    expect(must(await unreviewed.list(at.node.admin, { limit: 9, state: "lapsed" })).items).toHaveLength(2);
    expect(await open()).toEqual([]);
    expect(code(await unreviewed.confirm(at.node.admin, act))).toBe("unreviewed.state");
    const from = size();
    expect(must(await node.acceptTime(at.node.admin)).waits).toBe(undefined);
    expect(must(await locks.lift(at.node.admin, lock)).state).toBe("lifted");
    expect(await at.node.entries(from)).toMatchObject([
      { type: "time.accepted", data: { unreviewed: true } },
      { type: "lock.lifted", data: { lock, unreviewed: true } },
    ]);
  });

  it("a word that two give at once is taken once", async () => {
    const other = await pia();
    const third = await at.node.token(["admin"], "cem");
    const { node, unreviewed } = at.node.service;
    const act = must(await node.acceptTime(at.node.admin)).waits?.id ?? "";
    const from = size();
    const told = await Promise.all([other, third].map((who) => unreviewed.confirm(who, act)));
    expect(told.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await types(from)).toEqual(["act.requested", "act.confirmed", "time.accepted"]);
    expect(await open()).toEqual([]);
  });

  it("a word that could not be recorded waits on", async () => {
    await at.node.stop();
    const held = heldStore();
    at = await shop({ store: held.wrap });
    const other = await pia();
    const { node, unreviewed } = at.node.service;
    const act = must(await node.acceptTime(at.node.admin)).waits?.id ?? "";
    held.fail("full");
    expect(code(await unreviewed.confirm(other, act))).toBe("store.full");
    expect((await open()).map(({ id }) => id)).toEqual([act]);
    held.fail(null);
    expect(must(await unreviewed.confirm(other, act)).state).toBe("confirmed");
  });

  it("a time accepted alone is marked", async () => {
    must(await at.node.service.node.acceptTime(at.node.admin));
    expect((await at.node.entries()).at(-1)).toMatchObject({
      type: "time.accepted",
      data: { unreviewed: true },
    });
  });

  it("a policy that one person widened alone is listed and reviewed too", async () => {
    const text = (await import("./shop.ts")).POLICY.replace(
      "max: P10D, total: P14D",
      "max: P12D, total: P14D",
    );
    const { policy, unreviewed } = at.node.service;
    const { id } = must(await policy.publish(at.node.admin, [{ path: "policy.yaml", text }]));
    must(await policy.activate(at.node.admin, id));
    const act = (await open()).find(({ what }) => what.kind === "policy");
    expect(act).toMatchObject({ state: "unreviewed", what: { revision: id } });
    const other = await at.node.token(["admin"], "pia");
    expect(must(await unreviewed.confirm(other, act?.id ?? "")).state).toBe("confirmed");
  });

  it("takes a person: an application's token widens nothing", async () => {
    const app = must(await ask(at.node.admin, { scopes: ["admin"] }));
    const token = at.node.service.tokens.bySecret(app.secret);
    if (token === null) throw new Error("expected a live token");
    const caller: Caller = { kind: "token", token };
    expect(code(await at.node.service.locks.lift(caller, await locked()))).toBe("opt-out.approver_unknown");
    expect(code(await at.node.service.node.acceptTime(caller))).toBe("opt-out.approver_unknown");
    expect(code(await ask(caller, { scopes: ["admin"] }))).toBe("opt-out.approver_unknown");
  });

  it("a revision of somebody whose tokens are all gone was not published by a second person", async () => {
    const other = await pia();
    const ben = await at.node.token(["policy.write"], "ben");
    if (ben.kind !== "token") throw new TypeError("expected a token");
    const { policy, tokens } = at.node.service;
    const files = [{ path: "policy.yaml", text: POLICY.replace("total: P14D", "total: P20D") }];
    const { id } = must(await policy.publish(ben, files));
    must(await tokens.revoke(at.node.admin, ben.token.id));
    expect(code(await policy.activate(at.node.admin, id))).toBe("policy.second_person");
    expect(code(await policy.activate(other, id))).toBe("policy.second_person");
    // Another person answers for the same documents by publishing them again.
    expect(must(await policy.publish(other, files)).id).toBe(id);
    expect(code(await policy.activate(other, id))).toBe("policy.second_person");
    expect(must(await policy.activate(at.node.admin, id)).active).toBe(true);
    expect((await at.node.entries()).at(-1)).toMatchObject({ data: { unreviewed: false } });
  });
});

describe("law 9, a loss that is accepted", () => {
  /** A node whose database has forgotten the last batch. */
  async function lossy(
    change: (store: Store) => Partial<Store> = () => ({}),
  ): Promise<{ readonly other: Caller; readonly loseBatch: () => Promise<void> }> {
    await at.node.stop();
    const db = database(() => at.node.world.wall());
    const memory = memoryStore(db, directWire(db));
    at = await shop({
      store: (files) => ({ ...memory, ...change(memory), kind: files.kind, close: () => files.close() }),
    });
    const other = await pia();
    await at.session("aal1");
    must(await at.node.service.entities.put(other, { type: "user", id: "eve" }, { attributes: {} }));
    const loseBatch = async (): Promise<void> => {
      db.lose(1);
      at.node.world.pass(1_500);
      await expect.poll(() => at.node.service.node.doubt()?.reason).toBe("database_stale");
    };
    await loseBatch();
    return { other, loseBatch };
  }

  it("takes two who ask for the same, and both stand in the record", async () => {
    const { other } = await lossy();
    const { node } = at.node.service;
    const asked = must(await node.acceptLoss(at.node.admin, { lost: 1 }));
    expect(asked).toMatchObject({ waits: { state: "waiting", what: { kind: "loss", lost: 1 } } });
    expect(must(await node.acceptLoss(at.node.admin, { lost: 1 }))).toEqual(asked);
    expect(code(await node.acceptLoss(other, { lost: 2 }))).toBe("node.other_loss");
    const from = size() - 1;
    expect(must(await node.acceptLoss(other, { lost: 1 }))).toMatchObject({ lost: 1, epoch: 2 });
    const entries = await at.node.entries(from);
    expect(entries.map(({ type }) => type).slice(0, 3)).toEqual([
      "epoch.accepted",
      "act.requested",
      "act.confirmed",
    ]);
    expect(entries[1]?.by.person).not.toBe(entries[2]?.by.person);
    expect(entries[0]?.data).not.toHaveProperty("unreviewed");
    expect(await open()).toEqual([]);
  });

  it("is over before the node follows the epoch that it begins: nothing is read anew beside it", async () => {
    let answering: Promise<void> | null = null;
    let [sent, confirmed, read, signed] = [false, 0, 0, 0];
    const { other } = await lossy((store) => ({
      async append(batch) {
        const appended = await store.append(batch);
        sent = answering !== null;
        await answering;
        return appended;
      },
      // Nothing that is lost was signed: no head that is kept outside says what the database lacks.
      checkpoint(note) {
        signed += 1;
        if (signed > 1) throw new StoreError("unavailable", "expected to be away", "no");
        return store.checkpoint(note);
      },
      confirm() {
        confirmed += 1;
        return store.confirm();
      },
      snapshot(take) {
        read += 1;
        return store.snapshot(take);
      },
    }));
    const { node, entities, sessions } = at.node.service;
    const caller = await at.session("aal1");
    const session = caller.kind === "session" ? caller.session.id : "";
    expect(sessions.byId(session)).not.toBeNull();
    must(await node.acceptLoss(at.node.admin, { lost: 1 }));
    const before = read;
    let answer = (): void => undefined;
    answering = new Promise((resolve) => {
      answer = resolve;
    });
    const accepted = node.acceptLoss(other, { lost: 1 });
    try {
      await expect.poll(() => sent).toBe(true);
      // The database has the new epoch, and the node that began it does not know yet.
      const asked = confirmed;
      at.node.world.pass(1_500);
      await expect.poll(() => confirmed).toBeGreaterThan(asked);
      await new Promise((resolve) => setImmediate(resolve));
      // Its end may be among what was lost: it counts no more while the acceptance, which ends it, is on its way.
      expect(sessions.byId(session)).toBeNull();
    } finally {
      answer();
    }
    expect(must(await accepted)).toMatchObject({ epoch: 2 });
    expect(read).toBe(before + 1);
    expect(node.doubt()).toBeNull();
    expect((await entities.get(at.node.admin, { type: "user", id: "pia" })).ok).toBe(true);
  });

  it("begins no epoch a second time that a lost end began", async () => {
    const { other, loseBatch } = await lossy();
    const { node } = at.node.service;
    must(await node.acceptLoss(at.node.admin, { lost: 1 }));
    expect(must(await node.acceptLoss(other, { lost: 1 }))).toMatchObject({ epoch: 2 });
    await loseBatch();
    const lost = must(await node.members(at.node.admin)).loss?.lost ?? 0;
    must(await node.acceptLoss(at.node.admin, { lost }));
    expect(must(await node.acceptLoss(other, { lost }))).toMatchObject({ epoch: 3 });
  });

  it("is confirmed as everything is, and once", async () => {
    const { other } = await lossy();
    const { node, unreviewed } = at.node.service;
    must(await node.acceptLoss(at.node.admin, { lost: 1 }));
    const act = (await open())[0]?.id ?? "";
    expect(code(await unreviewed.confirm(at.node.admin, act))).toBe("unreviewed.own_act");
    expect(must(await unreviewed.confirm(other, act))).toMatchObject({ state: "confirmed" });
    expect(code(await unreviewed.confirm(other, act))).toBe("unreviewed.state");
    expect((await at.node.entries()).filter(({ type }) => type === "epoch.accepted")).toHaveLength(1);
  });
});
