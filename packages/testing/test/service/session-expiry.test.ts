import type { Caller } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Deployment, deployment, must } from "../../src/index.ts";

const MINUTE = 60_000;
const policy = (inactivity: string): string => `---
kind: SessionProfile
name: everywhere
owner: web
overall: PT8H
inactivity: ${inactivity}
---
kind: Offer
name: stay
owner: web
mode: enforce
control: session-timeout
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/work/**"] }
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
---
kind: Protection
name: work
owner: web
mode: enforce
resources: ["route:/work/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
`;

let node: Deployment;
let login: Caller;
beforeEach(async () => {
  node = await deployment({ policy: policy("PT1H") });
  login = await node.token(["sessions.register"]);
});
afterEach(() => node.stop());

async function signIn(person: string): Promise<string> {
  const { session } = must(
    await node.service.sessions.register(login, {
      subject: { type: "user", id: person },
      acr: "aal1",
      authTime: new Date(node.world.wall()).toISOString(),
      expiresAt: new Date(node.world.wall() + 20 * 60 * MINUTE).toISOString(),
    }),
  );
  return session.id;
}

async function pass(minutes: number): Promise<void> {
  node.world.pass(minutes * MINUTE);
  await node.settle();
}

/** What was recorded to have ended by itself; a second passes at each look. */
async function ended(): Promise<readonly unknown[]> {
  await pass(1 / 60);
  return (await node.entries()).flatMap(({ type, data }) =>
    type === "session.revoked" ? [[data.session, data.cause]] : [],
  );
}

describe("the end of a session by its own clock", () => {
  it("is recorded though its beginning was long before, whoever else goes on", async () => {
    const old = await signIn("ana");
    await pass(59);
    const young = await signIn("bob");
    await pass(2);
    await expect.poll(ended).toEqual([[old, "inactivity"]]);
    await pass(59);
    await expect.poll(ended).toEqual([
      [old, "inactivity"],
      [young, "inactivity"],
    ]);
  });

  it("is recorded after a restart, once the store was asked who was there meanwhile", async () => {
    const [idle, busy] = [await signIn("ana"), await signIn("bob")];
    await pass(50);
    const { sessions } = node.service;
    const session = sessions.byId(busy);
    expect(session !== null && (await sessions.active(session, null))).toBe(true);
    await node.reopen();
    await pass(15);
    await expect.poll(ended).toEqual([[idle, "inactivity"]]);
    expect(node.service.sessions.byId(busy)).toMatchObject({ revokedAt: null });
  });

  it("is recorded as soon as a policy brings it nearer, and not before", async () => {
    const ana = await signIn("ana");
    await pass(30);
    expect(await ended()).toEqual([]);
    await node.policy(policy("PT20M"));
    await expect.poll(ended).toEqual([[ana, "inactivity"]]);
  });

  it("is recorded after the withdrawal of the opt-out that carried it", async () => {
    const ana = await signIn("ana");
    must(await node.service.sessions.mark(node.admin, ana, false));
    const person = node.sessionCaller(ana);
    const { id } = must(await node.service.optOuts.request(person, { offer: "stay" }));
    const { hash } = must(await node.service.optOuts.disclosure(person, id, ["en"]));
    must(await node.service.optOuts.consent(person, id, { disclosure: hash, locale: "en" }));
    await pass(70);
    expect(await ended()).toEqual([]);
    must(await node.service.optOuts.revoke(node.admin, id, {}));
    await pass(6);
    await expect.poll(ended).toEqual([[ana, "inactivity"]]);
  });
});
