import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let token: string;

beforeAll(async () => {
  postern = await testPostern();
  token = await postern.token(["decide"]);
});
afterAll(() => postern.stop());

const question = (id: string, more: object = {}): object => ({
  subject: { type: "user", id: "ana" },
  action: { name: "get" },
  resource: { type: "route", id },
  ...more,
});
const EVALUATION = "/access/v1/evaluation";
const EVALUATIONS = "/access/v1/evaluations";

describe("POST /access/v1/evaluation", () => {
  it("answers a permit and a denial with 200", async () => {
    const permit = await postern.call("POST", EVALUATION, { token, body: question("/public/a") });
    const deny = await postern.call("POST", EVALUATION, { token, body: question("/closed/a") });
    expect([permit.status, permit.json.decision, permit.json.context.outcome]).toEqual([200, true, "permit"]);
    expect([deny.status, deny.json.decision, deny.json.context.outcome]).toEqual([200, false, "deny"]);
  });

  it("denies what no Protection covers", async () => {
    const answer = await postern.call("POST", EVALUATION, { token, body: question("/elsewhere") });
    expect(answer.json).toMatchObject({ decision: false, context: { unmet: [{ reason: "not_governed" }] } });
  });

  it("names every decision in a header and in its context", async () => {
    const answer = await postern.call("POST", EVALUATION, { token, body: question("/public/a") });
    expect(answer.headers.get("decision-id")).toMatch(/^dec_/);
    expect(answer.json.context.evaluation_id).toBe(answer.headers.get("decision-id"));
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("says what would meet a challenge", async () => {
    const registrar = await postern.token(["sessions.register"], { maxAcr: "aal1", subjectTypes: ["user"] });
    const registered = await postern.call("POST", "/v1/sessions", {
      token: registrar,
      body: {
        subject: { type: "user", id: "ana" },
        acr: "aal1",
        authTime: new Date().toISOString(),
        expiresAt: inDays(0.2),
      },
    });
    expect(registered.status).toBe(201);
    const context = { postern: { session: registered.json.session.id } };
    const answer = await postern.call("POST", EVALUATION, {
      token,
      body: question("/reports/q3", { context }),
    });
    expect(answer.json.decision).toBe(false);
    expect(answer.json.context).toMatchObject({
      outcome: "challenge",
      acr_values: "aal2",
      max_age: 600,
      reason_user: { en: "Please confirm that it is you to go on." },
    });
  });

  it("tells administrators' reasons only to a token that may see explanations", async () => {
    const explaining = await postern.token(["decide", "explain"]);
    const plain = await postern.call("POST", EVALUATION, { token, body: question("/closed/a") });
    const told = await postern.call("POST", EVALUATION, { token: explaining, body: question("/closed/a") });
    expect(plain.json.context.reason_admin).toBeUndefined();
    expect(told.json.context.reason_admin.en).toContain("closed");
  });

  it("ignores unknown members but for those of context.postern, which are ours", async () => {
    const body = question("/public/a", { extra: 1, context: { mood: "good" } });
    expect((await postern.call("POST", EVALUATION, { token, body })).json.decision).toBe(true);
    const ours = question("/public/a", { context: { postern: { delegatd: true } } });
    const refused = await postern.call("POST", EVALUATION, { token, body: ours });
    expect([refused.status, refused.json.errors[0].pointer]).toEqual([400, "#/context/postern/delegatd"]);
  });

  it.each([
    ["a missing subject", { action: { name: "get" }, resource: { type: "route", id: "/public/a" } }],
    ["a missing action", { subject: { type: "user", id: "a" }, resource: { type: "route", id: "/a" } }],
    ["a missing resource", { subject: { type: "user", id: "a" }, action: { name: "get" } }],
    ["a subject that is text", question("/a", { subject: "ana" })],
    ["a subject without an id", question("/a", { subject: { type: "user" } })],
    ["an id that is a number", question("/a", { subject: { type: "user", id: 7 } })],
    ["an action whose name is a list", question("/a", { action: { name: ["get"] } })],
    ["properties that are text", question("/a", { subject: { type: "user", id: "a", properties: "x" } })],
    ["a context that is a list", question("/a", { context: [] })],
    ["a list in place of an object", [question("/a")]],
    ["text in place of an object", "question"],
    ["null", null],
  ])("answers %s with 400", async (_what, body) => {
    const answer = await postern.call("POST", EVALUATION, { token, body });
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json.code).toBe("request.malformed");
  });

  it.each([
    ["an empty body", "", "application/json"],
    ["malformed JSON", '{"subject":', "application/json"],
    ["another media type", JSON.stringify(question("/public/a")), "text/plain"],
  ])("answers %s with 400", async (_what, raw, type) => {
    const answer = await postern.call("POST", EVALUATION, { token, raw, headers: { "content-type": type } });
    expect(answer.status).toBe(400);
  });

  it("takes a media type with parameters", async () => {
    const headers = { "content-type": "application/json; charset=utf-8" };
    const raw = JSON.stringify(question("/public/a"));
    expect((await postern.call("POST", EVALUATION, { token, raw, headers })).json.decision).toBe(true);
  });

  it("answers GET with 405 and says what is allowed", async () => {
    const answer = await postern.call("GET", EVALUATION, { token });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("answers 401 without a token and 403 without the scope, which it names", async () => {
    const none = await postern.call("POST", EVALUATION, { body: question("/public/a") });
    const other = await postern.call("POST", EVALUATION, {
      token: await postern.token(["ledger.read"]),
      body: question("/public/a"),
    });
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="postern"']);
    expect([other.status, other.json.code]).toEqual([403, "caller.scope"]);
    expect(other.json.detail).toContain("`decide`");
  });

  it("answers 401 to the very next request of a token that was revoked, however often it was let in", async () => {
    const issued = await postern.call("POST", "/v1/tokens", {
      token: postern.admin,
      body: { label: "revoked soon", scopes: ["decide"], expiresAt: inDays(1) },
    });
    const ask = (): ReturnType<TestPostern["call"]> =>
      postern.call("POST", EVALUATION, { token: issued.json.secret, body: question("/public/a") });
    const before = [await ask(), await ask(), await ask()].map(({ status }) => status);
    await postern.call("DELETE", `/v1/tokens/${issued.json.token.id}`, { token: postern.admin });
    const after = [await ask(), await ask()].map(({ status }) => status);
    expect([before, after]).toEqual([
      [200, 200, 200],
      [401, 401],
    ]);
  });

  it("answers a request that announces no body at all with 400", async () => {
    const answer = await new Promise<string>((done, failed) => {
      const socket = connect(postern.port, "127.0.0.1");
      let text = "";
      socket.setEncoding("utf8");
      socket.on("data", (part: string) => {
        text += part;
      });
      socket.once("end", () => done(text));
      socket.once("error", failed);
      socket.write(
        `POST ${EVALUATION} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
          "content-type: application/json\r\nconnection: close\r\n\r\n",
      );
    });
    expect(answer).toContain("HTTP/1.1 400");
    expect(answer).toContain("got nothing");
  });

  it("lets a token ask only about the resources that it is bound to", async () => {
    const bound = await postern.token(["decide"], { resources: ["route:/public/**"] });
    const own = await postern.call("POST", EVALUATION, { token: bound, body: question("/public/a") });
    const other = await postern.call("POST", EVALUATION, { token: bound, body: question("/catalogue/a") });
    const trick = await postern.call("POST", EVALUATION, {
      token: bound,
      body: question("/public/..%2fcatalogue"),
    });
    expect(own.json.decision).toBe(true);
    expect([other.status, other.json.code]).toEqual([403, "caller.resource"]);
    expect(trick.status).toBe(403);
  });

  it("echoes X-Request-ID, on refusals too", async () => {
    const headers = { "x-request-id": "abc-123" };
    const ok = await postern.call("POST", EVALUATION, { token, body: question("/public/a"), headers });
    const bad = await postern.call("POST", EVALUATION, { token, body: {}, headers });
    expect([ok.headers.get("x-request-id"), bad.headers.get("x-request-id")]).toEqual(["abc-123", "abc-123"]);
  });
});

describe("POST /access/v1/evaluations", () => {
  const send = (body: object) => postern.call("POST", EVALUATIONS, { token, body });
  const of = (json: { evaluations: { decision: boolean }[] }): boolean[] =>
    json.evaluations.map(({ decision }) => decision);
  const route = (id: string): object => ({ resource: { type: "route", id } });
  const defaults = { subject: { type: "user", id: "ana" }, action: { name: "get" } };

  it("answers in order, with defaults for what items leave out", async () => {
    const answer = await send({ ...defaults, evaluations: [route("/public/a"), route("/closed/a")] });
    expect([answer.status, of(answer.json)]).toEqual([200, [true, false]]);
  });

  it("takes a default as a whole and never merges its fields", async () => {
    const answer = await send({
      ...defaults,
      evaluations: [{ ...route("/public/a"), subject: { type: "user" } }, route("/public/a")],
    });
    expect(of(answer.json)).toEqual([false, true]);
    expect(answer.json.evaluations[0].context.error).toMatchObject({
      status: 400,
      code: "request.malformed",
    });
  });

  it("stops at the first denial, or at the first permit, where it is asked to", async () => {
    const evaluations = [route("/public/a"), route("/closed/a"), route("/public/b")];
    const all = await send({ ...defaults, evaluations, options: { evaluations_semantic: "execute_all" } });
    const deny = await send({
      ...defaults,
      evaluations,
      options: { evaluations_semantic: "deny_on_first_deny" },
    });
    const permit = await send({
      ...defaults,
      evaluations,
      options: { evaluations_semantic: "permit_on_first_permit" },
    });
    expect([of(all.json), of(deny.json), of(permit.json)]).toEqual([
      [true, false, true],
      [true, false],
      [true],
    ]);
  });

  it("refuses a semantic that it does not know", async () => {
    const answer = await send({
      ...defaults,
      evaluations: [],
      options: { evaluations_semantic: "majority" },
    });
    expect(answer.status).toBe(400);
  });

  it("is a single evaluation without items", async () => {
    const single = await send({ ...defaults, ...route("/public/a") });
    const empty = await send({ ...defaults, ...route("/public/a"), evaluations: [] });
    expect([single.json.decision, empty.json.decision]).toEqual([true, true]);
  });

  it("takes at most a hundred items", async () => {
    const many = (count: number): object => ({
      ...defaults,
      evaluations: Array.from({ length: count }, () => route("/public/a")),
    });
    expect((await send(many(100))).json.evaluations).toHaveLength(100);
    expect((await send(many(101))).status).toBe(400);
  });
});

describe("GET /.well-known/authzen-configuration", () => {
  it("names the endpoints under the address of the control plane", async () => {
    const answer = await postern.call("GET", "/.well-known/authzen-configuration");
    expect(answer.headers.get("content-type")).toContain("application/json");
    expect(answer.json).toEqual({
      policy_decision_point: postern.url,
      access_evaluation_endpoint: `${postern.url}${EVALUATION}`,
      access_evaluations_endpoint: `${postern.url}${EVALUATIONS}`,
      search_subject_endpoint: `${postern.url}/access/v1/search/subject`,
      search_resource_endpoint: `${postern.url}/access/v1/search/resource`,
      search_action_endpoint: `${postern.url}/access/v1/search/action`,
      access_request_endpoint: `${postern.url}/access/v1/requests`,
      jwks_uri: `${postern.url}/.well-known/jwks.json`,
      capabilities: ["urn:openid:authzen:capability:access-request"],
      supported_obligations: ["step-up"],
    });
  });
});

describe("a body that comes late", () => {
  it.each([EVALUATION, EVALUATIONS, "/access/v1/search/action"])(
    "%s answers nothing to a token that was revoked meanwhile",
    async (path) => {
      const issued = await postern.call("POST", "/v1/tokens", {
        token: postern.admin,
        body: { label: "late", scopes: ["decide"], expiresAt: inDays(1) },
      });
      const body = JSON.stringify(question("/public/a"));
      const socket = connect(postern.port, "127.0.0.1");
      let got = "";
      socket.on("data", (part) => {
        got += String(part);
      });
      const head = [
        `POST ${path} HTTP/1.1`,
        "host: postern",
        `authorization: Bearer ${issued.json.secret}`,
        "content-type: application/json",
        `content-length: ${body.length}`,
        "expect: 100-continue",
        "connection: close",
      ];
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      // What is answered here was asked for before the body: the request is admitted.
      await vi.waitFor(() => expect(got).toContain("100 Continue"));
      const revoked = await postern.call("DELETE", `/v1/tokens/${issued.json.token.id}`, {
        token: postern.admin,
      });
      expect(revoked.json.state).toBe("revoked");
      socket.write(body);
      await once(socket, "close");
      expect(got.split("\r\n\r\n").slice(1).join()).toMatch(/^HTTP\/1\.1 401 /);
      expect(got).not.toContain('"decision"');
    },
  );
});
