import type { Caller, PlacedLockView, Question, Service } from "@postern/service";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { POLICY } from "../laws/shop.ts";
import { BOOTSTRAP, callerOf, eventually, openNode } from "./several-nodes.ts";

const NARROWER = POLICY.replace("name: own\n", "name: own-no-more\n");

if (findPostgres() === null) it.skip("PostgreSQL not found: three nodes were not tried");
else
  describe("three nodes over one database", () => {
    let server: RunningPostgres;
    let nodes: readonly Service[];
    let admin: Caller;
    let first: Service;
    let sessions: readonly string[];
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      const url = await server.createDatabase();
      nodes = await Promise.all([openNode(url), openNode(url), openNode(url)]);
      first = nodes[0] as Service;
      const { secret } = must(await first.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
      admin = callerOf(first, secret);
      const issued = must(
        await first.tokens.issue(admin, {
          label: "application",
          scopes: ["sessions.register"],
          maxAcr: "aal2",
          subjectTypes: ["user"],
          expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      );
      const application = callerOf(first, issued.secret);
      const published = must(await first.policy.publish(admin, [{ path: "p.yaml", text: POLICY }]));
      must(await first.policy.activate(admin, published.id));
      must(
        await first.entities.put(admin, { type: "user", id: "ana" }, { attributes: { roles: ["staff"] } }),
      );
      const signIn = async (acr: "aal1" | "aal2"): Promise<string> =>
        must(
          await first.sessions.register(application, {
            subject: { type: "user", id: "ana" },
            acr,
            authTime: new Date().toISOString(),
            expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          }),
        ).session.id;
      const session = first.sessions.byId(await signIn("aal2"));
      if (session === null) throw new Error("no session");
      const caller: Caller = { kind: "session", session };
      const asked = must(await first.optOuts.request(caller, { offer: "own" }));
      const { hash } = must(await first.optOuts.disclosure(caller, asked.id, ["en"]));
      must(await first.optOuts.consent(caller, asked.id, { disclosure: hash, locale: "en" }));
      sessions = [await signIn("aal1")];
      await eventually(() => nodes.every((node) => node.sessions.byId(sessions[0] ?? "") !== null));
      await expect.poll(outcomes, { timeout: 20_000 }).toEqual(["honour", "honour", "honour"]);
    }, 60_000);
    afterEach(async () => {
      for (const node of nodes) await node.close();
    });

    const question = (node: Service): Question => ({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: "/reports/1" },
      session: node.sessions.byId(sessions[0] ?? ""),
      askedBy: "test",
    });
    const answers = () => Promise.all(nodes.map((node) => node.decisions.decide(question(node))));
    const outcomes = async () => (await answers()).map(({ decision }) => decision.outcome);

    it("once a change of policy is in effect no node decides on what it replaced, and so once it is rolled back", async () => {
      const original = first.policy.active();
      const { id } = must(await first.policy.publish(admin, [{ path: "p.yaml", text: NARROWER }]));
      const changed = must(await first.policy.activate(admin, id));
      await inEffect(changed);
      for (const { revision, decision } of await answers())
        expect([revision, decision.outcome]).toEqual([id, "challenge"]);
      const back = must(await first.policy.rollback(admin));
      await inEffect(back);
      for (const { revision, decision } of await answers())
        expect([revision, decision.outcome]).toEqual([original, "honour"]);
    }, 60_000);

    it.each([
      { kind: "offer", offer: "own" },
      { kind: "control", control: "step-up" },
      { kind: "everything" },
    ] as const)(
      "a lock on a whole class, once it is in effect, holds on every node: $kind",
      async (target) => {
        const lock = must(await first.locks.place(admin, { target, reason: "a look" }));
        await inEffect(lock);
        expect(await outcomes()).toEqual(["challenge", "challenge", "challenge"]);
      },
      60_000,
    );

    /** Waits for what the answer promised, which takes the lease at most. */
    async function inEffect({ entry }: Partial<Pick<PlacedLockView, "entry">>): Promise<void> {
      expect(entry).toBeTypeOf("number");
      await expect
        .poll(async () => must(await first.node.members(admin, entry ?? 0)).inEffect ?? null, {
          timeout: 20_000,
        })
        .not.toBeNull();
    }
  });
