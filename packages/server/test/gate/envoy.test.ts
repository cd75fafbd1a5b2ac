import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestPostern } from "../fixture/running.ts";
import { type Gates, startGates } from "./guarded.ts";
import { headerOf, lines, type Played, play } from "./play.ts";

let postern: TestPostern;
let guarded: TestPostern;
let secret: string;
let gates: Gates;

beforeAll(async () => {
  gates = await startGates();
  ({ postern, guarded, secret } = gates);
});
afterAll(() => gates.stop());

/** The request of ext_authz over HTTP: the original method, host and path behind the prefix, and an empty body. */
function question(path: string, method = "GET", allowed: readonly string[] = []): string {
  return lines(
    `${method} /gate/envoy${path} HTTP/1.1`,
    "host: shop.example",
    "content-length: 0",
    ...allowed,
    "x-envoy-internal: true",
    "x-forwarded-for: 203.0.113.7",
    "x-envoy-expected-rq-timeout-ms: 250",
  );
}

const ask = (path: string, method = "GET", allowed: readonly string[] = []): Promise<Played> =>
  play(postern.port, question(path, method, allowed));
const PAGE = ["accept: text/html", "sec-fetch-mode: navigate"];

describe("the Envoy gate", () => {
  it("reads the original path behind its prefix, and answers what Envoy adds to the request", async () => {
    const answer = await ask("/public/a");
    expect(answer.status).toBe(200);
    expect(headerOf(answer, "postern-outcome")).toBe("permit");
    expect(headerOf(answer, "postern-assertion")).not.toBeNull();
    expect(headerOf(answer, "cache-control")).toBe("no-store");
    expect(answer.body).toBe("");
  });

  it("takes the query of the client for the client's, and not for its own configuration", async () => {
    const answer = await ask("/public/a?audience=https://evil.example&x=%2e%2e");
    expect(answer.status).toBe(200);
    expect(decodeJwt(headerOf(answer, "postern-assertion") ?? "").aud).toBe("postern:upstream");
  });

  it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])(
    "takes the method %s as it is",
    async (method) => {
      expect((await ask("/public/a", method)).status).toBe(200);
      expect((await ask("/closed/a", method, [`postern-session: ${secret}`])).status).toBe(403);
      expect((await ask("/nowhere", method)).status).toBe(403);
    },
  );

  it("decides about the method of the request line, whatever headers say", async () => {
    const tell = ["x-forwarded-method: GET", "x-http-method-override: GET", "x-original-method: GET"];
    const asked = headerOf(await ask("/public/a", "DELETE", tell), "decision-id");
    // What was asked in the same millisecond may stand before it.
    const { json } = await postern.call("GET", "/v1/decisions?limit=20", { token: postern.admin });
    const found = (json.items as readonly { readonly id: string; readonly action: string }[]).find(
      ({ id }) => id === asked,
    );
    expect(found?.action).toBe("delete");
  });

  it("does not wait for a body that Envoy announces and keeps to itself", async () => {
    const asked = lines("POST /gate/envoy/public/a HTTP/1.1", "host: shop.example", "content-length: 5");
    expect((await play(postern.port, asked)).status).toBe(200);
  });

  it("answers the root, and nothing but paths below its prefix", async () => {
    expect((await ask("/")).status).toBe(403);
    expect((await ask("")).status).toBe(404);
    expect((await ask("evil/public/a")).status).toBe(404);
    const absolute = lines("GET http://shop.example/gate/envoy/public/a HTTP/1.1", "host: shop.example");
    expect((await play(postern.port, absolute)).status).toBe(403);
  });

  it.each([
    "/public/../reports",
    "/public//a",
    "//evil.example/public",
    "/public/%2e%2e/reports",
    "/public/%2Freports",
    "/public/a;b",
    "/public/a%00",
    "/../../v1/status",
    "/public\\..\\reports",
    "/public/a#/../closed",
  ])("never lets pass %s, which has no single meaning", async (path) => {
    const answer = await ask(path, "GET", PAGE);
    expect([401, 403]).toContain(answer.status);
    expect(headerOf(answer, "location")).toBeNull();
  });

  it("reaches no route of the control plane", async () => {
    const answer = await ask("/../livez");
    expect([401, 403]).toContain(answer.status);
  });

  it("knows a session by the cookie that Envoy may pass on", async () => {
    const cookie = [`cookie: __Host-postern=${secret}`];
    expect((await ask("/catalogue/a", "GET", cookie)).status).toBe(200);
    expect((await ask("/catalogue/a", "GET", ["cookie: __Host-postern=wrong"])).status).toBe(401);
  });

  it("sends a person's page to sign in, and answers anything else with a challenge", async () => {
    const page = await ask("/catalogue/a?b=c", "GET", PAGE);
    const script = await ask("/catalogue/a", "GET", ["sec-fetch-mode: cors"]);
    const step = await ask("/reports/q3", "GET", [`postern-session: ${secret}`]);
    expect([page.status, script.status, step.status]).toEqual([303, 401, 401]);
    expect(headerOf(page, "location")).toMatch(
      /^\/login\?from=test&return=%2Fcatalogue%2Fa%3Fb%3Dc&return_mac=/,
    );
    expect(headerOf(step, "www-authenticate")).toContain('acr_values="aal2"');
  });

  it("reads no header that says what was asked for", async () => {
    const forged = [
      "x-forwarded-uri: /public/a",
      "x-original-uri: /public/a",
      "x-envoy-original-path: /public/a",
    ];
    expect((await ask("/closed/a", "GET", forged)).status).toBe(401);
  });

  it("believes listed addresses alone", async () => {
    const answer = await play(guarded.port, question("/public/a", "GET", ["x-forwarded-for: 10.0.0.1"]));
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, "gate.untrusted_peer"]);
  });
});
