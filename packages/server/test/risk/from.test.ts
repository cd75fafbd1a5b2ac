import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

const POLICY = {
  "risk.yaml": `kind: Protection
name: reports
owner: tests
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone signed in, when: "true" }]
require: { assurance: aal1 }
---
kind: Risk
name: risk
owner: tests
model: weighted
rules: [{ name: bad network, when: signals.knownBadNetwork, points: 90 }]
networks: [203.0.113.0/24, "2001:db8:bad::/48"]
requires: { high: { assurance: aal2 } }
`,
};
const GOOD = "198.51.100.5";
const BAD = "203.0.113.5";

let postern: TestPostern;
let secret: string;
let session: string;
let token: string;

beforeAll(async () => {
  postern = await testPostern({}, POLICY);
  const registrar = await postern.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
  const registered = await postern.call("POST", "/v1/sessions", { token: registrar, body: signIn() });
  secret = registered.json.secret;
  session = registered.json.session.id;
  token = await postern.token(["decide"]);
  // The first question has what is remembered fetched.
  await evaluated({ from: { address: GOOD } });
  await new Promise((resolve) => setTimeout(resolve, 100));
});
afterAll(() => postern.stop());

function signIn(more: object = {}): object {
  return {
    subject: { type: "user", id: "ana" },
    acr: "aal1",
    authTime: new Date().toISOString(),
    expiresAt: inDays(0.2),
    ...more,
  };
}

function evaluated(own: object, more: object = {}) {
  return postern.call("POST", "/access/v1/evaluation", {
    token,
    body: {
      subject: { type: "user", id: "ana" },
      action: { name: "get" },
      resource: { type: "route", id: "/reports/june" },
      context: { postern: { session, ...own }, ...more },
    },
  });
}

type Headers = Readonly<Record<string, string>>;
const GATES: readonly (readonly [string, string, Headers])[] = [
  ["nginx", "/gate/nginx", { "x-original-method": "GET", "x-original-uri": "/reports/june" }],
  ["caddy", "/gate/caddy", { "x-forwarded-method": "GET", "x-forwarded-uri": "/reports/june" }],
  [
    "traefik",
    "/gate/traefik",
    { "x-forwarded-method": "GET", "x-forwarded-uri": "/reports/june", "x-forwarded-proto": "http" },
  ],
  ["envoy", "/gate/envoy/reports/june", {}],
];

describe.each(GATES)("the gate of %s", (_name, path, headers) => {
  const asked = async (from: string | null): Promise<number> => {
    const told = from === null ? {} : { "x-forwarded-for": from };
    const all = { ...headers, ...told, "postern-session": secret };
    return (await postern.call("GET", path, { headers: all })).status;
  };

  it("knows whose request it is, as its proxy says", async () => {
    expect([await asked(GOOD), await asked(BAD), await asked("2001:db8:bad::1")]).toEqual([200, 401, 401]);
  });

  it("believes of the chain only what its proxy wrote", async () => {
    expect([await asked(`${GOOD}, ${BAD}`), await asked(`${BAD}, ${GOOD}`)]).toEqual([401, 200]);
  });

  it("takes the proxy's own address for nobody's", async () => {
    expect(await asked(null)).toBe(401);
    expect(await asked("unknown")).toBe(401);
  });
});

describe("an application's question", () => {
  const outcome = async (own: object, more: object = {}) =>
    (await evaluated(own, more)).json.context?.outcome;

  it("says where the person's request came from", async () => {
    expect(await outcome({ from: { address: GOOD, agent: "Browser/1" } })).toBe("permit");
    expect(await outcome({ from: { address: BAD } })).toBe("challenge");
    expect(await outcome({ from: { address: "2001:DB8:BAD::7" } })).toBe("challenge");
    expect(await outcome({ from: { address: `::ffff:${BAD}`, agent: null } })).toBe("challenge");
  });

  it("counts as its worst where it says nothing", async () => {
    expect(await outcome({})).toBe("challenge");
    expect(await outcome({ from: null })).toBe("challenge");
  });

  it("says nothing of how risky it is", async () => {
    const lies = { risk: "low", signals: { knownBadNetwork: false }, score: 0 };
    expect(await outcome({ from: { address: BAD } }, lies)).toBe("challenge");
    expect((await evaluated({ from: { address: BAD }, risk: "low" })).status).toBe(400);
    expect((await evaluated({ from: { address: BAD }, signals: {} })).status).toBe(400);
  });

  it.each([
    ["text", GOOD],
    ["a list", [GOOD]],
    ["no address", { agent: "Browser/1" }],
    ["a name", { address: "localhost" }],
    ["a network", { address: "198.51.100.0/24" }],
    ["a number", { address: 3_325_256_709 }],
    ["an agent that is a number", { address: GOOD, agent: 1 }],
    ["an agent without end", { address: GOOD, agent: "x".repeat(3_000) }],
    ["a country", { address: GOOD, country: "NO" }],
  ])("is refused where its `from` is %s", async (_what, from) => {
    const answer = await evaluated({ from });
    expect([answer.status, answer.json.errors[0].pointer]).toEqual([
      400,
      expect.stringContaining("#/context/postern/from"),
    ]);
  });
});

describe("a registered session", () => {
  it("says where the person signed in from, by an address", async () => {
    const registrar = await postern.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
    const told = async (from: unknown) =>
      (await postern.call("POST", "/v1/sessions", { token: registrar, body: signIn({ from }) })).status;
    expect(await told({ address: GOOD, agent: "Browser/1" })).toBe(201);
    expect(await told({ address: "2001:db8::7", agent: null })).toBe(201);
    expect(await told({ address: "here" })).toBe(400);
    expect(await told({ address: GOOD, country: "NO" })).toBe(422);
    expect(await told(GOOD)).toBe(422);
  });
});
