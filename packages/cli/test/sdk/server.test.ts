import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Assertion,
  type Client,
  createClient,
  createGuard,
  type DecisionEvent,
  type Registered,
  type VerifyAssertion,
  verifyAssertion,
} from "@postern/sdk";
import { protect } from "@postern/sdk/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Deployment, deployment } from "../deployment.ts";

let here: Deployment;
let admin: Client;
let application: Client;
let upstream: Server;
let verify: VerifyAssertion;
const seen: (Assertion | string)[] = [];

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
const signedIn = async (acr: "aal1" | "aal2"): Promise<Registered> =>
  await application.sessions.register({
    subject: { type: "user", id: "ana" },
    acr,
    amr: ["pwd"],
    authTime: new Date().toISOString(),
    expiresAt: inAnHour(),
  });

beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    const given = request.headers["postern-assertion"];
    seen.push(await verify(given).catch((error: Error) => error.message));
    response.end("figures");
  });
  const behind = await listen(upstream);
  here = await deployment(behind);
  const { control } = here.running.urls;
  verify = verifyAssertion({
    jwksUrl: `${control}/.well-known/jwks.json`,
    issuer: control,
    audience: behind,
  });
  admin = createClient({ url: control, token: here.secret });
  const { secret } = await admin.tokens.issue({
    label: "shop",
    scopes: ["decide", "sessions.register"],
    subjectTypes: ["user"],
    maxAcr: "aal2",
    expiresAt: inAnHour(),
  });
  application = createClient({ url: control, token: secret });
  await admin.entities.put({ type: "user", id: "ana" }, { attributes: { roles: ["staff"] } });
});
afterAll(async () => {
  await here.stop();
  await new Promise((resolve) => upstream.close(resolve));
});

describe("a guard in front of a real server", () => {
  it("challenges, then permits after the second step, and never decides for itself", async () => {
    const session = (await signedIn("aal1")).session.id;
    const guard = createGuard({
      client: application,
      app: "shop",
      subject: () => ({ id: "ana", session }),
      onUnavailable: "deny",
    });
    const ask = { action: "get", resource: "/reports/monthly" } as const;
    const first = await guard.decide(undefined, ask);
    expect(first).toMatchObject({ outcome: "challenge", known: true, acrValues: "aal2", stale: false });
    await application.sessions.stepUp(session, {
      subject: { type: "user", id: "ana" },
      acr: "aal2",
      amr: ["pwd", "otp"],
      authTime: new Date().toISOString(),
      expiresAt: inAnHour(),
    });
    expect(await guard.decide(undefined, ask)).toMatchObject({ outcome: "permit", stale: false });
    expect(await guard.decide(undefined, { ...ask, resource: "/nowhere" })).toMatchObject({
      outcome: "deny",
    });
  });

  it("answers a visitor with 401 through node:http, with the decision to ask why about", async () => {
    const guard = createGuard({
      client: application,
      app: "shop",
      subject: () => null,
      onUnavailable: "enforce",
    });
    const server = createServer(protect(guard, {}, (_, response) => response.end("figures")));
    try {
      const response = await fetch(`${await listen(server)}/reports/monthly`);
      expect(response.status).toBe(401);
      const id = response.headers.get("decision-id") ?? "";
      const told = async (): Promise<string> => (await admin.decisions.why(id)).decision.outcome;
      await expect.poll(() => told().catch(() => "not yet")).toBe("challenge");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("is told each answer of several, in order", async () => {
    const at = (id: string) => ({ action: { name: "get" }, resource: { type: "route", id } });
    const answers = await application.evaluations([at("/reports/a"), at("/nowhere")]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(["challenge", "deny"]);
    const short = await application.evaluations([at("/reports/a"), at("/nowhere")], {
      semantic: "deny_on_first_deny",
    });
    expect(short).toHaveLength(1);
  });
});

describe("behind the real gateway", () => {
  it("the assertion says who it is and how surely, and none that a client sent is believed", async () => {
    const { secret, session } = await signedIn("aal2");
    const { gateway } = here.running.urls;
    const get = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${gateway}/reports/monthly`, { headers, redirect: "manual" });
    expect((await get({ "postern-assertion": "forged" })).status).toBe(401);
    expect(seen).toEqual([]);
    const response = await get({ "postern-session": secret, "postern-assertion": "forged" });
    expect(await response.text()).toBe("figures");
    expect(seen).toMatchObject([
      { subject: { type: "user", id: "ana" }, acr: "aal2", session: session.id, optOuts: [] },
    ]);
  });
});

describe("the stream", () => {
  it("shows a decision while it is made, and ends when it is told to", async () => {
    const stop = new AbortController();
    const events: DecisionEvent[] = [];
    const reading = (async () => {
      for await (const event of admin.decisions.stream({ signal: stop.signal })) {
        events.push(event);
        stop.abort();
      }
    })();
    const asking = setInterval(() => {
      void application.evaluation({ action: { name: "get" }, resource: { type: "route", id: "/catalogue" } });
    }, 50);
    await reading.catch(() => undefined);
    clearInterval(asking);
    expect(events).toMatchObject([{ kind: "decision", decision: { outcome: "challenge", action: "get" } }]);
  });
});

describe("lists", () => {
  it("are walked over their pages to the end", async () => {
    for (let at = 0; at < 5; at++) await signedIn("aal1");
    const ids = new Set<string>();
    for await (const { id } of application.sessions.list({ limit: 2 })) ids.add(id);
    expect(ids.size).toBeGreaterThanOrEqual(5);
  });
});
