import { setTimeout as sleep } from "node:timers/promises";
import { instant } from "@postern/core";
import type { Caller, KeptEnd, Question, Service } from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { POLICY } from "../laws/shop.ts";
import { BOOTSTRAP, callerOf, eventually, openNode, world } from "./several-nodes.ts";

if (findPostgres() === null) it.skip("PostgreSQL not found: several nodes were not tried");
else
  describe("several nodes over one database", () => {
    let server: RunningPostgres;
    let nodes: readonly [Service, Service];
    let admin: Caller;
    let application: Caller;
    let url: string;
    const open = (): Promise<Service> => openNode(url);
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      url = await server.createDatabase();
      nodes = (await Promise.all([open(), open()])) as unknown as readonly [Service, Service];
      const first = must(await nodes[0].tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
      await eventually(() => nodes[1].tokens.bySecret(first.secret) !== null);
      admin = callerOf(nodes[0], first.secret);
      const issued = must(
        await nodes[0].tokens.issue(admin, {
          label: "application",
          scopes: ["sessions.register"],
          maxAcr: "aal2",
          subjectTypes: ["user"],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      );
      application = callerOf(nodes[0], issued.secret);
      const published = must(await nodes[0].policy.publish(admin, [{ path: "p.yaml", text: POLICY }]));
      await nodes[1].node.fresh();
      must(await nodes[1].policy.activate(admin, published.id));
      await eventually(() => nodes.every((node) => node.policy.active() === published.id));
    });
    afterEach(async () => {
      for (const node of nodes) await node.close();
    });

    /** A person with an opt-out from step-up, asked for on one node, and a session at aal1. */
    async function granted(of = "ana", offer = "own"): Promise<{ id: string; session: string }> {
      const [one, other] = nodes;
      must(await one.entities.put(admin, { type: "user", id: of }, { attributes: { roles: ["staff"] } }));
      const signIn = async (node: Service, acr: "aal1" | "aal2"): Promise<string> =>
        must(
          await node.sessions.register(application, {
            subject: { type: "user", id: of },
            acr,
            authTime: new Date().toISOString(),
            expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          }),
        ).session.id;
      const strong = one.sessions.byId(await signIn(one, "aal2"));
      if (strong === null) throw new Error("no session");
      const caller: Caller = { kind: "session", session: strong };
      const asked = must(await one.optOuts.request(caller, { offer }));
      const shown = must(await one.optOuts.disclosure(caller, asked.id, ["en"]));
      must(await one.optOuts.consent(caller, asked.id, { disclosure: shown.hash, locale: "en" }));
      const weak = await signIn(one, "aal1");
      await eventually(() => other.sessions.byId(weak) !== null);
      return { id: asked.id, session: weak };
    }
    const question = (node: Service, session: string): Question => ({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: "/reports/1" },
      session: node.sessions.byId(session),
      askedBy: "test",
    });
    const ask = async (node: Service, session: string): Promise<string> =>
      (await node.decisions.decide(question(node, session))).decision.outcome;

    it("began one ledger between them, although both started on the empty database", async () => {
      const entries = must(await nodes[0].ledger.entries(admin, 0, 100));
      const opened = entries.filter(({ entry }) => entry?.includes('"ledger.opened"'));
      expect(opened).toHaveLength(1);
    });

    it("a node that starts while another begins the ledger finds nothing wrong with it", async () => {
      const empty = await server.createDatabase();
      let joining: Promise<Service> | null = null;
      const first = await openNode(empty, undefined, undefined, (store) => {
        const append = store.append.bind(store);
        store.append = async (batch) => {
          const appended = await append(batch);
          joining ??= openNode(empty);
          await joining;
          return appended;
        };
      });
      const second = await (joining as Promise<Service> | null);
      expect(second?.node.status()).toMatchObject({ doubt: null, findings: [] });
      await second?.close();
      await first.close();
    });

    it("a fence that another node records holds on all of them, and nothing is recorded after it", async () => {
      const { session, id } = await granted();
      await expect.poll(() => ask(nodes[1], session), { timeout: 5_000 }).toBe("honour");
      const third = await openNode(url, undefined, undefined, undefined, { epoch: null });
      await third.close();
      await eventually(() => nodes.every((node) => node.node.fence() === 2));
      const size = nodes[0].ledger.size();
      for (const node of nodes) {
        await node.node.fresh();
        expect(await ask(node, session)).not.toBe("honour");
        expect(await node.optOuts.suspend(admin, id, { reason: "a look" })).toMatchObject({
          ok: false,
          refusal: { code: "node.doubt" },
        });
        expect(node.ledger.size()).toBe(size);
      }
    });

    it("what one records the other knows within moments, and both honour", async () => {
      const { session } = await granted();
      // A start compares the earliest instant that it can be: for a moment one clock may be behind the other's.
      await expect.poll(() => ask(nodes[1], session), { timeout: 5_000 }).toBe("honour");
      expect(await ask(nodes[0], session)).toBe("honour");
      await eventually(() => nodes[0].ledger.size() === nodes[1].ledger.size());
    });

    it("honours of both at once are all recorded, and none after the revocation is in effect", async () => {
      const { id, session } = await granted();
      let revoked = false;
      const late: string[] = [];
      const outcomes = new Map<string, number>();
      const asking = nodes.map(async (node) => {
        for (let turn = 0; turn < 300; turn++) {
          const before = revoked;
          const outcome = await ask(node, session);
          if (before && outcome === "honour") late.push(outcome);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      });
      await sleep(100);
      const own = nodes[0].sessions.byId(session);
      if (own === null) throw new Error("no session");
      const answer = must(await nodes[0].optOuts.revoke({ kind: "session", session: own }, id, {}));
      expect(answer.inEffect).not.toBeNull();
      revoked = true;
      await Promise.all(asking);
      expect(late).toEqual([]);
      await eventually(() => nodes[0].ledger.size() === nodes[1].ledger.size());
      let recorded = 0;
      let end = Number.POSITIVE_INFINITY;
      for (let from = 0; from < nodes[0].ledger.size(); from += 100) {
        for (const { index, entry } of must(await nodes[0].ledger.entries(admin, from, 100))) {
          const { type, data } = JSON.parse(entry ?? "{}") as {
            type: string;
            data: { honours?: readonly unknown[] };
          };
          if (type === "opt-out.revoked") end = index;
          if (type !== "decision.honoured") continue;
          expect(index).toBeLessThan(end);
          recorded += data.honours?.length ?? 0;
        }
      }
      expect(recorded).toBe(outcomes.get("honour"));
      expect(recorded).toBeGreaterThan(0);
    });

    it("what was admitted by one with a token that the other has revoked is refused when it is recorded", async () => {
      const issued = must(
        await nodes[0].tokens.issue(admin, {
          label: "writing",
          scopes: ["entities.write"],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      );
      await eventually(() => nodes[1].tokens.bySecret(issued.secret) !== null);
      const admitted = callerOf(nodes[1], issued.secret);
      must(await nodes[0].tokens.revoke(admin, issued.token.id));
      expect(await nodes[1].entities.put(admitted, { type: "user", id: "eva" }, {})).toMatchObject({
        ok: false,
        refusal: { code: "caller.unauthenticated" },
      });
    });

    it("each keeps what any of them ends, so that whoever restores needs the ends of one", async () => {
      const kept: KeptEnd[] = [];
      const keeping = await openNode(url, undefined, {
        append: async (ends) => void kept.push(...ends),
        read: async () => (kept.length === 0 ? null : { ends: kept, torn: false }),
      });
      const { id, session } = await granted();
      const own = nodes[0].sessions.byId(session);
      if (own === null) throw new Error("no session");
      await eventually(() => kept.some((end) => end.kind === "held" && end.id === id));
      must(await nodes[1].optOuts.revoke({ kind: "session", session: own }, id, {}));
      await eventually(() => kept.some((end) => end.kind === "opt-out" && end.id === id));
      await keeping.close();
    });

    it("a node that joins while something is revoked does not honour it from what it had read before", async () => {
      const { id, session } = await granted();
      const { promise: gate, resolve: goOn } = Promise.withResolvers<void>();
      const { promise: reached, resolve: announcing } = Promise.withResolvers<void>();
      const joining = openNode(url, undefined, undefined, (store) => {
        const announce = store.announce.bind(store);
        store.announce = async (node, size) => {
          announcing();
          await gate;
          await announce(node, size);
        };
        // It hears of nothing by itself: what it knows is what it asks for.
        store.onAppend = () => () => {};
      });
      await reached;
      const own = nodes[0].sessions.byId(session);
      if (own === null) throw new Error("no session");
      const revoked = must(await nodes[0].optOuts.revoke({ kind: "session", session: own }, id, {}));
      expect(revoked.inEffect).not.toBeNull();
      goOn();
      const node = await joining;
      const { decision } = node.decisions.consider(question(node, session));
      expect(decision.outcome).toBe("challenge");
      await node.close();
    });

    it("an entry that the log does not have yet is in effect nowhere", async () => {
      const [one] = nodes;
      const { inEffect } = must(await one.node.members(admin, one.ledger.size() + 5));
      expect(inEffect).toBeNull();
      await eventually(() => nodes[0].ledger.size() === nodes[1].ledger.size());
      await one.node.fresh();
      expect(must(await one.node.members(admin, 0)).inEffect).not.toBeNull();
    });

    it("an idempotency key that comes to two nodes at once is acted upon by one", async () => {
      const request = new Uint8Array(32).fill(1);
      for (let round = 0; round < 20; round++) {
        const key = `key-${round}`;
        const found = await Promise.all(nodes.map((node) => node.idempotency.find("tok_x", key, request)));
        expect(found.map(({ kind }) => kind).sort()).toEqual(["in-flight", "none"]);
        const [mine, other] = found[0]?.kind === "none" ? nodes : [nodes[1], nodes[0]];
        expect((await other.idempotency.find("tok_x", key, new Uint8Array(32))).kind).toBe("other");
        await mine.idempotency.keep("tok_x", key, request, "done");
        mine.idempotency.release("tok_x", key);
        for (const node of nodes)
          expect(await node.idempotency.find("tok_x", key, request)).toEqual({
            kind: "same",
            answer: "done",
          });
      }
    });

    it("an idempotency key whose request came to no answer is free on every node", async () => {
      const request = new Uint8Array(32).fill(1);
      const [one, two] = nodes;
      expect((await one.idempotency.find("tok_x", "gone", request)).kind).toBe("none");
      expect((await two.idempotency.find("tok_x", "gone", request)).kind).toBe("in-flight");
      one.idempotency.release("tok_x", "gone");
      await expect
        .poll(async () => (await two.idempotency.find("tok_x", "gone", request)).kind, { timeout: 5_000 })
        .toBe("none");
    });

    it("a claim of a node that stopped in the middle is over with its time", async () => {
      const store = await openPostgresStore({ url, world });
      try {
        const { claims } = store;
        if (claims === undefined) throw new Error("expected a store of several nodes");
        const claim = { actor: "tok_x", key: "killed", request: new Uint8Array(32), until: instant(1_000) };
        expect(await claims.take(claim, instant(0))).toBe(true);
        expect(await claims.take(claim, instant(999))).toBe(false);
        expect(await claims.take({ ...claim, until: instant(2_000) }, instant(1_000))).toBe(true);
        await claims.drop("tok_x", "killed");
        expect(await store.keptAnswer("tok_x", "killed")).toBe(null);
      } finally {
        await store.close();
      }
    });

    it("a loss is accepted by nobody where nothing is lost", async () => {
      const refused = await nodes[0].node.acceptLoss(admin, { lost: 0 });
      expect(refused.ok ? null : refused.refusal.code).toBe("node.nothing_lost");
      expect(must(await nodes[0].node.members(admin)).loss).toBeNull();
    });

    it("a node leaves although the others never stop appending", async () => {
      const [one, two] = nodes;
      let going = true;
      const appending = (async () => {
        for (let turn = 0; going; turn++)
          must(await one.entities.put(admin, { type: "user", id: "ben" }, { attributes: { turn } }));
      })();
      await two.close();
      going = false;
      await appending;
      expect(must(await one.node.members(admin)).nodes).toHaveLength(1);
      nodes = [one, await open()];
    });

    it("a node that leaves is waited for no more, and one that joins finds everything", async () => {
      const { session } = await granted();
      await nodes[1].close();
      const joined = await open();
      expect(await ask(joined, session)).toBe("honour");
      nodes = [nodes[0], joined];
      const { nodes: members } = must(await nodes[0].node.members(admin));
      expect(members).toHaveLength(2);
    });
  });
