import { TOKEN_SCOPES } from "@postern/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../fixture/route-table.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
const tokens = new Map<string, string>();

beforeAll(async () => {
  postern = await testPostern();
  for (const scope of TOKEN_SCOPES) tokens.set(scope, await postern.token([scope], { label: scope }));
});
afterAll(() => postern.stop());

/** Refused by its fields, so that nothing happens where a token may call. */
const harmless = (method: string): { body?: object } =>
  method === "POST" || method === "PUT" ? { body: { nonsense: 1 } } : {};

describe("every route", () => {
  it.each(ROUTES.filter(({ scopes }) => scopes !== null))(
    "$method $path answers problem details to whoever brings no token",
    async ({ method, path }) => {
      for (const token of [undefined, "pst_unknown", ""]) {
        const answer = await postern.call(method, path, {
          ...harmless(method),
          ...(token === undefined ? {} : { token }),
        });
        expect(answer.status).toBe(401);
        expect(answer.headers.get("content-type")).toBe("application/problem+json");
        expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="postern"');
        expect(answer.json).toMatchObject({ status: 401, code: "caller.unauthenticated" });
      }
    },
  );

  it.each(ROUTES.filter(({ scopes }) => scopes === null))(
    "$method $path is open to anyone",
    async ({ method, path }) => {
      const answer = await postern.call(method, path, harmless(method));
      expect([200, 422]).toContain(answer.status);
    },
  );

  it.each(ROUTES.filter(({ scopes }) => scopes !== null))(
    "$method $path takes the scopes it names and no other",
    async ({ method, path, scopes }) => {
      for (const scope of TOKEN_SCOPES) {
        const token = tokens.get(scope) ?? "";
        const answer = await postern.call(method, path, { ...harmless(method), token });
        // A stream belongs to the token that makes it, so an administrator makes none for others.
        const ownOnly = `${method} ${path}` === "POST /ssf/streams";
        const allowed = scopes?.includes(scope) === true || (scope === "admin" && !ownOnly);
        expect({ scope, refused: answer.json?.code === "caller.scope" }).toEqual({
          scope,
          refused: !allowed,
        });
        if (!allowed) expect(answer.status).toBe(403);
        expect(answer.status).toBeLessThan(500);
      }
    },
  );

  it("is listed here and in the description of the API, both with the same access", async () => {
    const { json } = await postern.call("GET", "/openapi.json");
    expect(json.openapi).toBe("3.1.0");
    const described = new Map<string, readonly string[] | null>();
    for (const [path, methods] of Object.entries<Record<string, Described>>(json.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const scopes = security.flatMap(({ token }) => token ?? []);
        if (method !== "head")
          described.set(`${method.toUpperCase()} ${path}`, scopes.length === 0 ? null : scopes.sort());
      }
    }
    const listed = new Map<string, readonly string[] | null>();
    for (const { method, path, scopes } of ROUTES) {
      const [plain = ""] = path.split("?");
      const [name] = [...described.keys()]
        .filter((one) => covers(one, `${method} ${plain}`))
        // The most exact one is the one that answers.
        .sort((one, other) => one.split("{").length - other.split("{").length || other.length - one.length);
      expect([method, path, name]).not.toContain(undefined);
      listed.set(name ?? "", scopes === null ? null : [...scopes].sort());
    }
    // Gates answer trusted proxies alone and have tests of their own.
    for (const gate of ["nginx", "caddy", "traefik", "envoy/{*}"]) listed.set(`GET /gate/${gate}`, null);
    // It answers without an end; the next rule is about it.
    listed.set("GET /v1/decisions/stream", ["explain"]);
    // These take whoever brings anything that is live, and say so below.
    for (const own of ["GET /v1/whoami", "POST /v1/logout"]) listed.set(own, null);
    for (const [method, path] of OF_A_SESSION) listed.set(`${method} ${path}`, null);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(described));
  });

  it("about oneself takes every live token, and no stranger", async () => {
    for (const scope of TOKEN_SCOPES) {
      const { status, json } = await postern.call("GET", "/v1/whoami", { token: tokens.get(scope) ?? "" });
      expect([status, json]).toEqual([
        200,
        expect.objectContaining({ person: null, session: null, acr: null, roles: [], scopes: [scope] }),
      ]);
    }
    for (const [method, path] of [
      ["GET", "/v1/whoami"],
      ["POST", "/v1/logout"],
    ] as const)
      expect((await postern.call(method, path, { body: method === "POST" ? {} : undefined })).status).toBe(
        401,
      );
    const out = await postern.call("POST", "/v1/logout", { body: {}, token: postern.admin });
    expect([out.status, out.json.code]).toEqual([403, "caller.scope"]);
  });

  it("of one's own session takes the session's secret, and no token", async () => {
    for (const [method, path] of OF_A_SESSION)
      for (const token of [undefined, postern.admin, "pss_unknown", ""]) {
        const answer = await postern.call(method, path, {
          ...(method === "POST" ? { body: {} } : {}),
          ...(token === undefined ? {} : { token }),
        });
        expect([path, answer.status, answer.json?.code]).toEqual([path, 401, "caller.unauthenticated"]);
      }
  });

  it("of decisions as they happen takes `explain` and no other scope", async () => {
    for (const scope of TOKEN_SCOPES.filter((one) => one !== "explain" && one !== "admin")) {
      const answer = await postern.call("GET", "/v1/decisions/stream", { token: tokens.get(scope) ?? "" });
      expect([scope, answer.status, answer.json?.code]).toEqual([scope, 403, "caller.scope"]);
    }
    expect((await postern.call("GET", "/v1/decisions/stream")).status).toBe(401);
  });
});

const OF_A_SESSION = [
  ["GET", "/v1/session"],
  ["GET", "/v1/session/events"],
  ["POST", "/v1/session/activity"],
  ["POST", "/v1/session/extend"],
] as const;

interface Described {
  readonly security: readonly { readonly token?: readonly string[] }[];
}

function covers(described: string, called: string): boolean {
  const pattern = described
    .replaceAll(/[.+?^$()|[\]\\]/g, "\\$&")
    .replaceAll("{*}", ".+")
    .replaceAll(/\{[^}]+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(called);
}

describe("an address", () => {
  it("that no route has answers 404, with any method", async () => {
    for (const method of ["GET", "POST", "DELETE", "PATCH"]) {
      const answer = await postern.call(method, "/v1/nothing", { token: postern.admin });
      expect([answer.status, answer.json.code]).toEqual([404, "route.unknown"]);
    }
  });

  it("that takes other methods answers 405 and lists them", async () => {
    const answer = await postern.call("PATCH", "/v1/opt-outs", { token: postern.admin });
    expect([answer.status, answer.json.code]).toEqual([405, "route.method"]);
    expect(answer.headers.get("allow")).toBe("GET, HEAD, POST");
    const one = await postern.call("DELETE", "/v1/opt-outs/oo_x/approve", { token: postern.admin });
    expect(one.headers.get("allow")).toBe("POST");
  });

  it("that cannot be read answers 400 as a problem", async () => {
    const answer = await postern.call("GET", "/v1/opt-outs/%E0%A4%A", { token: postern.admin });
    expect([answer.status, answer.json.code]).toEqual([400, "request.malformed"]);
  });
});
