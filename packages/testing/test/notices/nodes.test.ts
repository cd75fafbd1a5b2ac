import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Instant, instant } from "@postern/core";
import { type Caller, createService, type NoticeMessage, type Service, type World } from "@postern/service";
import { openPostgresStore } from "@postern/store";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { findPostgres } from "../../src/postgres/binaries.ts";
import { type RunningPostgres, startPostgres } from "../../src/postgres/start-postgres.ts";
import { keptInMemory } from "../../src/world/kept-in-memory.ts";
import { POLICY } from "../laws/shop.ts";

const BOOTSTRAP = "test-bootstrap-secret";
const world: World = {
  wall: (): Instant => instant(Date.now()),
  monotonic: () => performance.now(),
  random: (length) => new Uint8Array(randomBytes(length)),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries === 1_500) throw new Error("expected to come true within half a minute");
    await sleep(20);
  }
}

if (findPostgres() === null) it.skip("PostgreSQL not found: notices of several nodes were not tried");
else
  describe("notices of several nodes over one database", () => {
    let server: RunningPostgres;
    let nodes: readonly Service[] = [];
    const sent: { readonly node: number; readonly message: NoticeMessage }[] = [];
    let url: string;
    const open = async (node: number): Promise<Service> =>
      createService({
        world,
        store: await openPostgresStore({ url, world }),
        masterKey: new Uint8Array(32).fill(7),
        origin: "postern.test/ledger",
        keptHead: keptInMemory(),
        bootstrapSecret: BOOTSTRAP,
        notices: {
          channels: [
            {
              name: "webhook",
              each: false,
              async send(message) {
                sent.push({ node, message });
                await sleep(20);
                return { kind: "delivered" };
              },
            },
          ],
          addressIn: null,
          giveUpAfter: 86_400_000,
          told: () => {},
        },
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
      const callerOf = (secret: string): Caller => {
        const token = one.tokens.bySecret(secret);
        if (token === null) throw new Error("the token is unknown");
        return { kind: "token", token };
      };
      const admin = callerOf(first.secret);
      const published = must(await one.policy.publish(admin, [{ path: "p.yaml", text: POLICY }]));
      must(await one.policy.activate(admin, published.id));
      const approver = callerOf(
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
