import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern } from "../fixture/running.ts";
import type { Answered } from "../fixture/send.ts";
import { type Gates, startGates } from "./guarded.ts";

let postern: TestPostern;
let guarded: TestPostern;
let secret: string;
let session: string;
let gates: Gates;

beforeAll(async () => {
  gates = await startGates();
  ({ postern, guarded, secret, session } = gates);
});
afterAll(() => gates.stop());

const PAGE = { accept: "text/html", "sec-fetch-mode": "navigate" };

function nginx(uri: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answered> {
  return postern.call("GET", "/gate/nginx", {
    headers: { "x-original-method": method, "x-original-uri": uri, ...headers },
  });
}

function caddy(uri: string, headers: Record<string, string> = {}): Promise<Answered> {
  return postern.call("GET", "/gate/caddy", {
    headers: { "x-forwarded-method": "GET", "x-forwarded-uri": uri, ...headers },
  });
}

describe("a gate", () => {
  it("lets pass what is open, with an assertion and never to be stored", async () => {
    const answer = await nginx("/public/a?x=1");
    expect([answer.status, answer.headers.get("postern-outcome")]).toEqual([200, "permit"]);
    expect(answer.headers.get("decision-id")).toMatch(/^dec_/);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("postern-assertion")).not.toBeNull();
  });

  it("refuses a target with a fragment, which hides a path from us that the application may see", async () => {
    for (const asked of [nginx, caddy]) {
      expect((await asked("/public/a")).status).toBe(200);
      for (const target of ["/public/a#/../closed", "/public/a?x=1#y"]) {
        const answer = await asked(target);
        expect([answer.status, answer.json.type]).toEqual([
          403,
          expect.stringContaining("gate.original_request"),
        ]);
      }
    }
  });

  it("recognises a session by its cookie and by its header", async () => {
    const byCookie = await nginx("/catalogue/a", { cookie: `a=b; __Host-postern=${secret}` });
    const byHeader = await nginx("/catalogue/a", { "postern-session": secret });
    const neither = await nginx("/catalogue/a", { cookie: "__Host-postern=wrong" });
    expect([byCookie.status, byHeader.status, neither.status]).toEqual([200, 200, 401]);
  });

  it("turns away the very next request of a session that was revoked, however often it was let in", async () => {
    const registrar = await postern.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
    const { json } = await postern.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id: "ana" },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: inDays(0.2),
      },
    });
    const ask = (): Promise<Answered> =>
      nginx("/catalogue/a", { cookie: `__Host-postern=${json.secret as string}` });
    const before = [await ask(), await ask(), await ask()].map(({ status }) => status);
    await postern.call("DELETE", `/v1/sessions/${json.session.id}`, { token: registrar });
    const after = [await ask(), await ask()].map(({ status }) => status);
    expect([before, after]).toEqual([
      [200, 200, 200],
      [401, 401],
    ]);
  });

  it("answers a visitor with a plain 401 and someone insufficient with an RFC 9470 challenge", async () => {
    const visitor = await nginx("/catalogue/a");
    const signedIn = await nginx("/reports/q3", { "postern-session": secret });
    expect(visitor.headers.get("www-authenticate")).toBe('Bearer realm="postern", acr_values="aal1"');
    expect(signedIn.status).toBe(401);
    const challenge = signedIn.headers.get("www-authenticate") ?? "";
    expect(challenge).toContain('error="insufficient_user_authentication"');
    expect(challenge).toContain('acr_values="aal2"');
    expect(challenge).toContain('max_age="600"');
    expect(signedIn.json).toMatchObject({ code: "decision.challenge", status: 401 });
  });

  it("answers a denial with 403", async () => {
    const answer = await nginx("/closed/a", { "postern-session": secret });
    expect([answer.status, answer.json.code]).toEqual([403, "decision.deny"]);
  });

  it.each([
    "/public/../reports",
    "/public//a",
    "/public/%2e%2e/reports",
    "/public/a;b",
    "/public/%00",
    "public/a",
  ])("never lets pass %s, which has no single meaning", async (uri) => {
    expect([401, 403]).toContain((await nginx(uri)).status);
  });

  it("says in its answers nothing of policy to whoever is turned away", async () => {
    const answer = await nginx("/closed/a");
    expect(answer.text).not.toMatch(/nobody|closed|Protection|\.yaml/);
  });
});

describe("the nginx gate", () => {
  it("answers 200, 401 or 403 and nothing else, to pages too", async () => {
    for (const uri of ["/public/a", "/catalogue/a", "/reports/a", "/closed/a", "/nowhere"]) {
      for (const headers of [{}, PAGE, { ...PAGE, "postern-session": secret }]) {
        expect([200, 401, 403]).toContain((await nginx(uri, headers)).status);
      }
    }
  });

  it("puts the sign-in with the signed way back in a header, for pages only", async () => {
    const page = await nginx("/catalogue/a?b=c", PAGE);
    const script = await nginx("/catalogue/a", { "sec-fetch-mode": "cors" });
    expect(page.headers.get("postern-sign-in")).toMatch(
      /^\/login\?from=test&return=%2Fcatalogue%2Fa%3Fb%3Dc&return_mac=[\w-]{43}$/,
    );
    expect(script.headers.get("postern-sign-in")).toBeNull();
  });

  it("refuses a question that does not say what was asked for", async () => {
    const answer = await postern.call("GET", "/gate/nginx", { headers: { "x-original-method": "GET" } });
    expect([answer.status, answer.json.code]).toEqual([403, "gate.original_request"]);
    expect((await nginx("/public/a", {}, "get it")).status).toBe(403);
  });
});

describe("the Caddy gate", () => {
  it("sends a visitor's page to sign in and someone signed in to the second step", async () => {
    const visitor = await caddy("/catalogue/a", PAGE);
    const signedIn = await caddy("/reports/q3", { ...PAGE, "postern-session": secret });
    expect([visitor.status, signedIn.status]).toEqual([303, 303]);
    expect(visitor.headers.get("location")).toMatch(
      /^\/login\?from=test&return=%2Fcatalogue%2Fa&return_mac=/,
    );
    expect(signedIn.headers.get("location")).toMatch(/^\/step-up\?return=%2Freports%2Fq3&return_mac=/);
  });

  it("answers anything but a page with 401, and a page's POST too", async () => {
    expect((await caddy("/catalogue/a")).status).toBe(401);
    expect((await caddy("/catalogue/a", { "x-forwarded-method": "POST", ...PAGE })).status).toBe(401);
  });

  it("never sends anyone to another site", async () => {
    const answer = await caddy("//evil.example/catalogue", PAGE);
    expect([401, 403]).toContain(answer.status === 303 ? 0 : answer.status);
    expect(answer.headers.get("location")).toBeNull();
  });
});

describe("forwarding headers", () => {
  it("from an address that is not listed are refused, whatever they say", async () => {
    for (const path of ["/gate/nginx", "/gate/caddy"]) {
      const answer = await guarded.call("GET", path, {
        headers: {
          "x-original-method": "GET",
          "x-original-uri": "/public/a",
          "x-forwarded-method": "GET",
          "x-forwarded-uri": "/public/a",
          "x-forwarded-for": "10.0.0.1",
          "x-real-ip": "10.0.0.1",
        },
      });
      expect([answer.status, answer.json.code]).toEqual([403, "gate.untrusted_peer"]);
      expect(answer.json.title).toBe("Not a trusted proxy");
    }
  });

  it("are the only ones read: those of another proxy, or with underscores, count for nothing", async () => {
    const forged = { "x-forwarded-uri": "/public/a", x_original_uri: "/public/a", "postern-session": secret };
    const other = await nginx("/closed/a", forged);
    expect(other.status).toBe(403);
    const method = await nginx("/public/a", {
      "x-forwarded-method": "POST",
      "x-http-method-override": "DELETE",
    });
    expect(method.status).toBe(200);
  });
});

describe("the assertion", () => {
  const verified = async (text: string) => {
    const { json } = await postern.call("GET", "/.well-known/jwks.json");
    return jwtVerify(text, createLocalJWKSet(json), {
      issuer: postern.url,
      audience: "https://shop.internal",
      typ: "postern-assertion+jwt",
      algorithms: ["EdDSA"],
    });
  };
  const asked = (headers: Record<string, string>) =>
    postern.call("GET", "/gate/nginx?audience=https://shop.internal", {
      headers: { "x-original-method": "GET", "x-original-uri": "/catalogue/a", ...headers },
    });

  it("names the subject, the session and how it was authenticated, for 30 seconds at most", async () => {
    const answer = await asked({ "postern-session": secret });
    const { payload } = await verified(answer.headers.get("postern-assertion") ?? "");
    expect(payload).toMatchObject({ sub: "ana", sub_type: "user", sid: session, acr: "aal1", opt_outs: [] });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(30);
  });

  it("of a visitor names nobody", async () => {
    const answer = await nginx("/public/a");
    const payload = decodeJwt(answer.headers.get("postern-assertion") ?? "");
    expect([payload.sub, payload.sid, payload.acr]).toEqual([undefined, undefined, undefined]);
  });

  it("is reused for the same session and made anew for another audience", async () => {
    const [first, again] = [
      await asked({ "postern-session": secret }),
      await asked({ "postern-session": secret }),
    ];
    expect(again.headers.get("postern-assertion")).toBe(first.headers.get("postern-assertion"));
    const other = await nginx("/catalogue/a", { "postern-session": secret });
    expect(other.headers.get("postern-assertion")).not.toBe(first.headers.get("postern-assertion"));
  });
});
