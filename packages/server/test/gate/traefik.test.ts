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

/** The request of Traefik's ForwardAuth as Go writes it: GET, no body, Host and User-Agent first, the rest sorted. */
function question(
  uri: string,
  more: { readonly method?: string; readonly client?: readonly string[]; readonly host?: string } = {},
): string {
  const { method = "GET", client = [], host = "shop.example" } = more;
  const sorted = [
    "Accept-Encoding: gzip",
    "X-Forwarded-For: 203.0.113.7",
    `X-Forwarded-Host: ${host}`,
    `X-Forwarded-Method: ${method}`,
    "X-Forwarded-Port: 443",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Server: edge-1",
    `X-Forwarded-Uri: ${uri}`,
    "X-Real-Ip: 203.0.113.7",
    ...client,
  ].sort();
  return lines("GET /gate/traefik HTTP/1.1", "Host: postern:4600", "User-Agent: curl/8.5.0", ...sorted);
}

const ask = (uri: string, more: Parameters<typeof question>[1] = {}): Promise<Played> =>
  play(postern.port, question(uri, more));
const PAGE = ["Accept: text/html", "Sec-Fetch-Mode: navigate"];

describe("the Traefik gate", () => {
  it("lets pass with the headers that Traefik copies, and never to be stored", async () => {
    const answer = await ask("/public/a?x=1");
    expect(answer.status).toBe(200);
    expect(headerOf(answer, "postern-outcome")).toBe("permit");
    expect(headerOf(answer, "postern-assertion")).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(headerOf(answer, "decision-id")).toMatch(/^dec_/);
    expect(headerOf(answer, "cache-control")).toBe("no-store");
    expect(answer.body).toBe("");
  });

  it("answers each of its headers once, so that what a client sent under that name is replaced", async () => {
    const forged = ["Postern-Assertion: forged", "Decision-Id: forged", "Postern-Outcome: permit"];
    const answer = await ask("/public/a", { client: forged });
    for (const name of ["postern-assertion", "decision-id", "postern-outcome"]) {
      const values = answer.headers.filter(([one]) => one === name);
      expect(values).toHaveLength(1);
      expect(values[0]?.[1]).not.toBe("forged");
    }
  });

  it("tells methods apart, and knows a session by its cookie", async () => {
    const cookie = [`Cookie: a=b; __Host-postern=${secret}`];
    expect((await ask("/catalogue/a", { client: cookie })).status).toBe(200);
    expect((await ask("/catalogue/a", { method: "POST", client: PAGE })).status).toBe(401);
    expect((await ask("/closed/a", { client: cookie })).status).toBe(403);
  });

  it("sends a person's page to sign in by a whole address, which Traefik would otherwise make one of the gate", async () => {
    const visitor = await ask("/catalogue/a?b=c", { client: PAGE });
    expect(visitor.status).toBe(303);
    expect(headerOf(visitor, "location")).toMatch(
      /^https:\/\/shop\.example\/login\?from=test&return=%2Fcatalogue%2Fa%3Fb%3Dc&return_mac=[\w-]{43}$/,
    );
  });

  it("sends nobody anywhere where the host cannot be read, but challenges", async () => {
    for (const host of ["shop.example/evil", "a b", "shop.example@evil.example", ""]) {
      const answer = await ask("/catalogue/a", { client: PAGE, host });
      expect([host, answer.status, headerOf(answer, "location")]).toEqual([host, 401, null]);
    }
  });

  it("answers anything else with a plain 401, or an RFC 9470 challenge for someone signed in", async () => {
    const visitor = await ask("/catalogue/a");
    const signedIn = await ask("/reports/q3", { client: [`Postern-Session: ${secret}`] });
    expect([visitor.status, headerOf(visitor, "www-authenticate")]).toEqual([
      401,
      'Bearer realm="postern", acr_values="aal1"',
    ]);
    expect(headerOf(signedIn, "www-authenticate")).toContain('error="insufficient_user_authentication"');
  });

  it.each([
    "/public/../reports",
    "/public//a",
    "/public/%2e%2e/reports",
    "/public/a;b",
    "/public/%2Fa",
    "/public/a#/x",
  ])("never lets pass %s, which has no single meaning", async (uri) =>
    expect([401, 403]).toContain((await ask(uri)).status),
  );

  it.each([
    ["a second method", ["X-Forwarded-Method: POST"]],
    ["a second target", ["X-Forwarded-Uri: /public/b"]],
    ["a second host", ["X-Forwarded-Host: evil.example"]],
    ["a second scheme", ["X-Forwarded-Proto: http"]],
  ])("refuses %s", async (_what, client) => {
    const answer = await ask("/public/a", { client });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, "gate.original_request"]);
  });

  it.each([
    "http://shop.example/public/a",
    "https://evil.example/public/a",
    "public/a",
    "*",
    "//evil.example/a",
  ])("never lets pass the target %s, nor redirects to it", async (uri) => {
    const answer = await ask(uri, { client: PAGE });
    expect([401, 403]).toContain(answer.status);
    expect(headerOf(answer, "location")).toBeNull();
  });

  it("refuses a question without a target or with a method that is none", async () => {
    const none = question("/public/a").replace(/X-Forwarded-Uri: [^\r]*\r\n/, "");
    expect((await play(postern.port, none)).status).toBe(403);
    expect((await ask("/public/a", { method: "get it" })).status).toBe(403);
  });

  it("believes listed addresses alone", async () => {
    const answer = await play(guarded.port, question("/public/a", { client: ["X-Forwarded-For: 10.0.0.1"] }));
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, "gate.untrusted_peer"]);
  });
});
