import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session } from "@postern/core";
import { clientDataOf } from "@postern/server";
import type { ClientData, ClientSeen } from "@postern/service";
import { afterEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must, samplePlaces, sampleProviders } from "../../src/index.ts";

const PASSWORD = "a long enough password";
const PROTECTION = `kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
---
`;
const DOCUMENTED = /```yaml\n(kind: Risk\n[^`]*)```/.exec(
  readFileSync(new URL("../../../../docs/risk.md", import.meta.url), "utf8"),
)?.[1];
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const OSLO: ClientSeen = { address: "203.0.113.7", agent: FIREFOX };
const AUCKLAND: ClientSeen = { address: "198.51.100.9", agent: FIREFOX };
const NOWHERE: ClientSeen = { address: "10.0.0.7", agent: FIREFOX };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let shop: Deployment;
let directory = "";
afterEach(async () => {
  await shop.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function start(): Promise<void> {
  directory = mkdtempSync(join(tmpdir(), "postern-places-"));
  const files = { "city.mmdb": samplePlaces(), "asn.mmdb": sampleProviders() };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
  const clientData: ClientData = clientDataOf({
    networkDatabase: Object.keys(files).map((name) => join(directory, name)),
  });
  shop = await deployment({
    authenticators: pretendedAuthenticators(),
    policy: PROTECTION + (DOCUMENTED ?? ""),
    clientData,
  });
}

async function pass(time: number): Promise<void> {
  shop.world.pass(time);
  await shop.settle();
}

async function remembered(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
}

async function signIn(client: ClientSeen): Promise<Session> {
  const { signIn: service } = shop.service;
  if (service === null) throw new Error("expected a service that signs people in");
  const aim = {
    wanted: "aal1",
    maxAge: null,
    network: client.address,
    client,
    known: null,
    carry: "",
  } as const;
  const step = must(await service.password(service.begin(aim, null), { name: "ana", password: PASSWORD }));
  await remembered();
  if (step.kind !== "done") throw new Error("expected to be signed in");
  return step.signedIn.session;
}

/** Ana, who signs in from Oslo each day. */
async function known(): Promise<Session> {
  const { factors } = shop.service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id: "ana" }));
  must(await factors.acceptInvitation(secret, { password: PASSWORD }));
  for (let day = 0; day < 3; day++) {
    await signIn(OSLO);
    await pass(DAY);
  }
  return await signIn(OSLO);
}

function asked(session: Session, client: ClientSeen) {
  const { decision, explanation } = shop.service.decisions.consider({
    subject: null,
    action: { name: "get" },
    resource: { type: "route", id: "/reports/june" },
    session,
    network: client.address,
    client,
    askedBy: "test",
  });
  const { factors } = explanation().risk;
  return { risk: decision.risk, factors: factors.map(({ name }) => name), outcome: decision.outcome };
}

describe("places", () => {
  it("are known and usual at home", async () => {
    await start();
    const session = await known();
    const { risk, factors, outcome } = asked(session, OSLO);
    expect([risk, outcome]).toEqual(["low", "permit"]);
    expect(factors).not.toContain("rule:new country");
  });

  it("make a request from the other side of the world within the hour impossible", async () => {
    await start();
    const session = await known();
    await pass(HOUR);
    const { risk, factors, outcome } = asked(session, AUCKLAND);
    expect([risk, outcome]).toEqual(["high", "challenge"]);
    expect(factors).toEqual(expect.arrayContaining(["impossibleTravel", "rule:new country", "country"]));
  });

  it("make the same journey possible where there was time for it, in a country that is new", async () => {
    await start();
    const session = await known();
    await pass(2 * DAY);
    const { factors } = asked(session, AUCKLAND);
    expect(factors).toContain("rule:new country");
    expect(factors).not.toContain("impossibleTravel");
  });

  it("are not made somebody's by a password alone, however often it comes from there", async () => {
    await start();
    const home = await known();
    await pass(HOUR);
    for (let day = 0; day < 3; day++) {
      const theirs = await signIn(AUCKLAND);
      expect(asked(theirs, AUCKLAND)).toMatchObject({ risk: "high", outcome: "challenge" });
      expect(asked(theirs, AUCKLAND).factors).toContain("rule:new country");
      await pass(DAY);
    }
    // Nor is the person told to be where the attacker was.
    expect(asked(home, OSLO).factors).not.toContain("impossibleTravel");
    expect(asked(await signIn(OSLO), OSLO).risk).toBe("low");
  });

  it("are required by policy: where nothing says them, the risk is not low", async () => {
    await start();
    const session = await known();
    const { risk, factors } = asked(session, NOWHERE);
    expect(risk).not.toBe("low");
    expect(factors).toEqual(expect.arrayContaining(["missing:country", "missing:place"]));
  });
});

describe("a session that an application registers", () => {
  const register = async (
    token: Awaited<ReturnType<Deployment["token"]>>,
    acr: "aal1" | "aal2",
    from = OSLO,
  ) => {
    const { session } = must(
      await shop.service.sessions.register(token, {
        subject: { type: "user", id: "ben" },
        acr,
        authTime: new Date(shop.world.wall()).toISOString(),
        expiresAt: new Date(shop.world.wall() + HOUR).toISOString(),
        from,
      }),
    );
    await remembered();
    const found = shop.service.sessions.byId(session.id);
    if (found === null) throw new Error("expected a session");
    return found;
  };
  const days = async (acr: "aal1" | "aal2"): Promise<Session> => {
    const token = await shop.token(["sessions.register"], "ada", { maxAcr: "aal2" });
    for (let day = 0; day < 4; day++) {
      await register(token, acr);
      await pass(DAY);
    }
    return await register(token, acr);
  };

  it("makes usual where its person signs in from", async () => {
    await start();
    expect(asked(await days("aal2"), OSLO).risk).toBe("low");
  });

  it("makes usual what is new where it proved what policy asks at that risk, from the day after", async () => {
    await start();
    await days("aal2");
    const token = await shop.token(["sessions.register"], "ada", { maxAcr: "aal2" });
    // What is remembered is fetched by the first question and looked at by a later one.
    const newCountry = async (expected: boolean): Promise<void> => {
      const session = await register(token, "aal2", AUCKLAND);
      await expect
        .poll(() => asked(session, AUCKLAND).factors.includes("rule:new country"), { timeout: 10_000 })
        .toBe(expected);
    };
    await pass(2 * DAY);
    await newCountry(true);
    await pass(DAY);
    await newCountry(false);
  });

  it("makes nothing usual where it says less than its application may", async () => {
    await start();
    const session = await days("aal1");
    // The first question has what is remembered fetched.
    asked(session, OSLO);
    await remembered();
    expect(["medium", "high"]).toContain(asked(session, OSLO).risk);
  });
});
