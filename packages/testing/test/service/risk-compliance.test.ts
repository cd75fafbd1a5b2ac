import type { Session, SessionId } from "@postern/core";
import type { Caller, SignalService } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const POLICY = `kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
kind: Risk
name: risk
owner: security
model: weighted
required: [compliance]
missing: 40
rules:
  - { name: not compliant, when: signals.compliance == "non-compliant", points: 90 }
requires:
  high: { assurance: aal2 }
`;
const MAPPED = `---
kind: SignalRule
name: not-compliant
owner: security
mode: enforce
signals: [device-compliance-change]
suspend: { all: true }
resume: { person: true }
`;

type Event = Parameters<SignalService["send"]>[1];
type Status = "compliant" | "not-compliant";

describe("a device that management speaks of", () => {
  let shop: Deployment;
  let sent = 0;
  let mdm: Caller;
  let session: Session;
  beforeEach(async () => {
    shop = await deployment({ policy: POLICY });
    const { entities, sessions } = shop.service;
    for (const id of ["laptop", "phone"]) must(await entities.put(shop.admin, { type: "device", id }, {}));
    mdm = await source("mdm");
    const { session: made } = must(
      await sessions.register(await shop.token(["sessions.register"]), {
        subject: { type: "user", id: "ana" },
        acr: "aal1",
        authTime: at(),
        expiresAt: at(86_400_000),
        device: { type: "device", id: "laptop" },
      }),
    );
    const found = sessions.byId(made.id as SessionId);
    if (found === null) throw new Error("expected a session");
    session = found;
    scored();
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  afterEach(() => shop.stop());

  const at = (milliseconds = 0): string => new Date(shop.world.wall() + milliseconds).toISOString();
  const source = (name: string): Promise<Caller> =>
    shop.token(["signals.write"], undefined, {
      resources: [`signal:${name}`],
      subjectTypes: ["user", "device"],
    });
  async function say(current_status: Status, more: Partial<Event> = {}, by = mdm) {
    shop.world.pass(1_000);
    return await shop.service.signals.send(by, {
      id: `signal-${++sent}`,
      source: "mdm",
      type: "device-compliance-change",
      time: at(),
      data: { current_status, device: { type: "device", id: "laptop" } },
      ...more,
    });
  }
  function scored(): readonly [number | undefined, string] {
    const { decision } = shop.service.decisions.consider({
      subject: null,
      action: { name: "get" },
      resource: { type: "route", id: "/reports/june" },
      session,
      network: "192.0.2.0/24",
      client: { address: "192.0.2.7", agent: "Browser/1" },
      askedBy: "test",
    });
    return [decision.scored?.score, decision.outcome];
  }

  it("raises the score from the answer on where it does not comply, and lowers it where it does", async () => {
    expect(scored()).toEqual([40, "permit"]);
    expect(must(await say("not-compliant"))).toMatchObject({ outcome: "in-force" });
    expect(scored()).toEqual([90, "challenge"]);
    expect(must(await say("compliant"))).toMatchObject({ outcome: "in-force" });
    expect(scored()).toEqual([30, "permit"]);
  });

  it("stays what was said of it after a restart, and after somebody has written it anew", async () => {
    must(await say("not-compliant"));
    must(await shop.service.entities.put(shop.admin, { type: "device", id: "laptop" }, {}));
    await shop.reopen();
    await shop.settle();
    scored();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(scored()).toEqual([90, "challenge"]);
  });

  it("is not what is said of another device, and is what is said of the person's, whichever it is", async () => {
    must(await say("compliant"));
    const phone = { device: { type: "device", id: "phone" } };
    must(await say("not-compliant", { data: { current_status: "not-compliant", ...phone } }));
    expect(scored()).toEqual([30, "permit"]);
    const hers: Partial<Event> = { subject: "user:ana", data: { current_status: "not-compliant" } };
    must(await say("not-compliant", hers));
    expect(scored()).toEqual([90, "challenge"]);
    must(await say("compliant", { subject: "user:ana", data: { current_status: "compliant" } }));
    expect(scored()).toEqual([30, "permit"]);
  });

  it("complies only where no source says otherwise", async () => {
    const edr = await source("edr");
    must(await say("not-compliant", { source: "edr" }, edr));
    must(await say("compliant"));
    expect(scored()).toEqual([90, "challenge"]);
    must(await say("compliant", { source: "edr" }, edr));
    expect(scored()).toEqual([30, "permit"]);
  });

  it("is not cleared by a word older than the last, and leaves no entry each time that it complies again", async () => {
    must(await say("compliant"));
    const size = shop.service.ledger.size();
    expect(must(await say("compliant"))).toMatchObject({ outcome: "coalesced" });
    expect(shop.service.ledger.size()).toBe(size);
    must(await say("not-compliant"));
    const before = at();
    must(await say("not-compliant"));
    expect(must(await say("compliant", { time: before }))).toMatchObject({ outcome: "outdated" });
    expect(scored()).toEqual([90, "challenge"]);
  });

  it("counts for the score whether or not a rule of policy follows from the same signal", async () => {
    await shop.policy(POLICY + MAPPED);
    must(await say("not-compliant"));
    expect(scored()).toEqual([90, "challenge"]);
    must(await say("compliant"));
    expect(scored()).toEqual([30, "permit"]);
    const { items } = must(await shop.service.signals.list(shop.admin, { limit: 50 }));
    expect(items).toHaveLength(1);
  });
});
