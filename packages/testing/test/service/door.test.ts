import type { Caller, Question } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const POLICY = `
kind: Attributes
name: shop
owner: shop-team
subject:
  roles: { type: list, of: string, max: 20, source: entity }
---
kind: Protection
name: reports
owner: reports-team
mode: enforce
resources: ["route:/reports/**"]
actions: [get, head]
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2 }
floor: aal1
---
kind: Protection
name: payouts
owner: payments
mode: enforce
resources: ["route:/payouts/**"]
sensitive: true
permit:
  - { name: staff, when: '"staff" in subject.roles' }
require:
  assurance: aal1
  stepUp: { assurance: aal2, maxAge: PT5M }
---
kind: Offer
name: trusted-device-reports
owner: reports-team
mode: enforce
control: step-up
holders: [device]
basis: preference
scope: { actions: [get, head], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
uses: 3
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open reports without a code
    stops: We stop asking for a code when you open reports on this device.
    protects: You still need your password. Payouts always ask for a code.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
`;

const iso = (ms: number): string => new Date(ms).toISOString();

describe("the door, end to end on one node", () => {
  let node: Deployment;
  let app: Caller;
  let sessionId: string;
  const question = (path: string): Question => ({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: path },
    session: node.service.sessions.byId(sessionId),
    askedBy: "test",
  });
  const signIn = async (acr: "aal1" | "aal2"): Promise<void> => {
    const registered = must(
      await node.service.sessions.register(app, {
        subject: { type: "user", id: "ana" },
        device: { type: "device", id: "ana-laptop" },
        acr,
        authTime: iso(node.world.wall()),
        expiresAt: iso(node.world.wall() + 3_600_000 * 24 * 20),
      }),
    );
    sessionId = registered.session.id;
  };
  const optOut = async (): Promise<string> => {
    await signIn("aal2");
    const caller: Caller = { kind: "session", session: session() };
    const requested = must(
      await node.service.optOuts.request(caller, {
        offer: "trusted-device-reports",
        holder: { kind: "device", device: { type: "device", id: "ana-laptop" } },
      }),
    );
    expect(requested.state).toBe("pending");
    const disclosure = must(await node.service.optOuts.disclosure(caller, requested.id, ["en"]));
    const granted = must(
      await node.service.optOuts.consent(caller, requested.id, { disclosure: disclosure.hash, locale: "en" }),
    );
    expect(granted.state).toBe("active");
    await signIn("aal1");
    return granted.id;
  };
  const session = () => {
    const found = node.service.sessions.byId(sessionId);
    if (found === null) throw new Error("no session");
    return found;
  };

  beforeEach(async () => {
    node = await deployment({ policy: POLICY });
    app = await node.token(["sessions.register"]);
    must(
      await node.service.entities.put(
        node.admin,
        { type: "user", id: "ana" },
        { attributes: { roles: ["staff"] } },
      ),
    );
    must(
      await node.service.entities.put(node.admin, { type: "device", id: "ana-laptop" }, { shared: false }),
    );
  });
  afterEach(() => node.stop());

  it("challenges without an opt-out, honours with one, and asks again once it is revoked", async () => {
    await signIn("aal1");
    expect((await node.service.decisions.decide(question("/reports/monthly"))).decision.outcome).toBe(
      "challenge",
    );
    const id = await optOut();
    const honoured = await node.service.decisions.decide(question("/reports/monthly"));
    expect(honoured.decision.outcome).toBe("honour");
    expect(honoured.entry).not.toBeNull();
    const revoked = must(await node.service.optOuts.revoke({ kind: "session", session: session() }, id, {}));
    expect(revoked.optOut.state).toBe("revoked");
    expect((await node.service.decisions.decide(question("/reports/monthly"))).decision.outcome).toBe(
      "challenge",
    );
  });

  it("never honours on a sensitive resource", async () => {
    await optOut();
    expect((await node.service.decisions.decide(question("/payouts"))).decision.outcome).toBe("challenge");
  });

  it("ends at its end by arithmetic, with no worker running", async () => {
    await optOut();
    node.world.pass(7 * 86_400_000 - 60_000);
    expect((await node.service.decisions.decide(question("/reports/a"))).decision.outcome).not.toBe("honour");
  });

  it("never spends more uses than were granted, however many ask at once", async () => {
    await optOut();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        Promise.resolve(node.service.decisions.decide(question("/reports/a"))),
      ),
    );
    expect(answers.filter(({ decision }) => decision.outcome === "honour")).toHaveLength(3);
  });

  it("tells whoever looks at an opt-out that a lock on what it covers bars it, and of no other lock", async () => {
    const id = await optOut();
    const paused = async (): Promise<readonly string[]> =>
      must(await node.service.optOuts.get(node.admin, id, {})).paused;
    const lock = (resource: string) =>
      node.service.locks.place(node.admin, { target: { kind: "resource", resource } });
    must(await lock("route:/reports/yearly"));
    expect(await paused()).toEqual([]);
    const placed = must(await lock("route:/Reports/**"));
    expect(await paused()).toEqual(["locked"]);
    must(await node.service.locks.lift(node.admin, placed.id));
    expect(await paused()).toEqual([]);
  });

  it("says why, from the sealed record", async () => {
    await optOut();
    const { id } = await node.service.decisions.decide(question("/reports/a"));
    const why = must(await node.service.decisions.why(id));
    expect(why.explanation.checks.find(({ check }) => check === "step-up")?.result).toBe("waived");
  });

  it("honours after a restart what it honoured before", async () => {
    await optOut();
    await node.reopen();
    expect(node.service.node.doubt()).toBeNull();
    expect((await node.service.decisions.decide(question("/reports/a"))).decision.outcome).toBe("honour");
  });
});
