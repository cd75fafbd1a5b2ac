import type { Service } from "@postern/service";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { BOOTSTRAP, callerOf, eventually, openNode } from "./several-nodes.ts";

const POLICY = `kind: Protection
name: everything
owner: team
mode: enforce
resources: ["route:/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: SignalRule
name: high-risk
owner: security
mode: enforce
signals: [risk-level-change]
suspend: { all: true }
endSessions: all
resume: { calm: PT1S, calmSince: signal }
`;

if (findPostgres() === null) it.skip("PostgreSQL not found: signals were not tried on several nodes");
else
  describe("a signal that one node takes", () => {
    let server: RunningPostgres;
    let nodes: readonly [Service, Service];
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      const url = await server.createDatabase();
      nodes = (await Promise.all([openNode(url), openNode(url)])) as unknown as readonly [Service, Service];
    });
    afterEach(async () => {
      for (const node of nodes) await node.close();
    });

    it("comes into force on the other, is one signal for both, and ends once", async () => {
      const [one, other] = nodes;
      const first = must(await one.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
      const admin = callerOf(one, first.secret);
      const published = must(await one.policy.publish(admin, [{ path: "p.yaml", text: POLICY }]));
      must(await one.policy.activate(admin, published.id));
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const issue = async (more: Readonly<Record<string, unknown>>): Promise<string> =>
        must(await one.tokens.issue(admin, { label: "test", scopes: [], expiresAt, ...more })).secret;
      const application = callerOf(
        one,
        await issue({ scopes: ["sessions.register"], maxAcr: "aal2", subjectTypes: ["user"] }),
      );
      const secret = await issue({
        scopes: ["signals.write"],
        subjectTypes: ["user"],
        resources: ["signal:idp"],
      });
      const { session } = must(
        await one.sessions.register(application, {
          subject: { type: "user", id: "ana" },
          acr: "aal1",
          authTime: new Date().toISOString(),
          expiresAt,
        }),
      );
      await eventually(
        () => other.sessions.byId(session.id) !== null && other.tokens.bySecret(secret) !== null,
      );
      const event = {
        id: "once",
        source: "idp",
        type: "risk-level-change",
        subject: "user:ana",
        time: new Date().toISOString(),
        data: { current_level: "HIGH" },
      };
      const sent = must(await one.signals.send(callerOf(one, secret), event));
      expect(sent).toMatchObject({ outcome: "in-force", sessionsEnded: 1 });
      await eventually(() => other.sessions.byId(session.id)?.revokedAt !== null);
      const again = must(await other.signals.send(callerOf(other, secret), event));
      expect([again.repeated, again.signal]).toEqual([true, sent.signal]);
      const standing = async (node: Service): Promise<number> =>
        must(await node.signals.list(callerOf(node, first.secret), { limit: 50 })).items.length;
      await expect.poll(() => standing(other), { timeout: 10_000 }).toBe(0);
      await expect.poll(() => standing(one), { timeout: 10_000 }).toBe(0);
      const entries = must(await one.ledger.entries(admin, 0, 100)).map(
        ({ entry }) => (JSON.parse(entry ?? "{}") as { readonly type: string }).type,
      );
      expect(entries.filter((type) => type.startsWith("signal."))).toEqual([
        "signal.received",
        "signal.cleared",
      ]);
    }, 40_000);
  });
