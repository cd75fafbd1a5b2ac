import { setTimeout as sleep } from "node:timers/promises";
import type { OptOutMessage, Service } from "@postern/service";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { POLICY } from "../laws/shop.ts";
import { BOOTSTRAP, callerOf, eventually, openNode } from "../nodes/several-nodes.ts";

if (findPostgres() === null) it.skip("PostgreSQL not found: notices of several nodes were not tried");
else
  describe("notices of several nodes over one database", () => {
    let server: RunningPostgres;
    let nodes: readonly Service[] = [];
    const sent: { readonly node: number; readonly message: OptOutMessage }[] = [];
    let url: string;
    const open = (node: number): Promise<Service> =>
      openNode(url, {
        channels: [
          {
            name: "webhook",
            each: false,
            async send(message) {
              if (message.kind !== "recovered") sent.push({ node, message });
              await sleep(20);
              return { kind: "delivered" };
            },
          },
        ],
        addressIn: null,
        giveUpAfter: 86_400_000,
        told: () => {},
      });
    beforeAll(async () => {
      server = await startPostgres({ fsync: false });
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      url = await server.createDatabase();
      nodes = await Promise.all([open(0), open(1)]);
    });
    afterEach(async () => {
      for (const node of nodes) await node.close();
    });

    it("are sent by one of them, and by the other once that one has left", async () => {
      const [one, other] = nodes as readonly [Service, Service];
      const first = must(await one.tokens.bootstrap(BOOTSTRAP, { type: "user", id: "olga" }));
      const admin = callerOf(one, first.secret);
      const published = must(await one.policy.publish(admin, [{ path: "p.yaml", text: POLICY }]));
      must(await one.policy.activate(admin, published.id));
      const approver = callerOf(
        one,
        must(
          await one.tokens.issue(admin, {
            label: "amy",
            scopes: ["opt-outs.approve"],
            person: { type: "user", id: "amy" },
            expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
          }),
        ).secret,
      );
      const grant = async (): Promise<string> => {
        const asked = { offer: "guests", holder: { kind: "anonymous" as const }, reason: "open days" };
        const { id } = must(await one.optOuts.request(admin, asked));
        return must(await one.optOuts.approve(approver, id, null)).id;
      };
      const before = await Promise.all(Array.from({ length: 6 }, grant));
      await eventually(() => before.every((id) => sent.some(({ message }) => message.optOut === id)));
      await sleep(2_500);
      const names = sent.map(({ message }) => message.id);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(sent.map(({ node }) => node)).size).toBe(1);

      // The one that sends leaves; the requests go to the one that is left.
      const sender = sent[0]?.node ?? 0;
      const left = sender === 0 ? other : one;
      nodes = [left];
      await (sender === 0 ? one : other).close();
      await left.node.fresh();
      const asked = { offer: "guests", holder: { kind: "anonymous" as const }, reason: "open days" };
      const { id } = must(await left.optOuts.request(admin, asked));
      must(await left.optOuts.approve(approver, id, null));
      await eventually(() => sent.some(({ message }) => message.optOut === id));
      expect(sent.filter(({ message }) => message.optOut === id).map(({ node }) => node)).toEqual([
        1 - sender,
      ]);
    });
  });
