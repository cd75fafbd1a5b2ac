import { instant } from "@postern/core";
import { fastify } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { App } from "../../src/http/app.ts";
import { parseTraceparent } from "../../src/traces/parent.ts";
import { createTraces } from "../../src/traces/traces.ts";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";
import { browser, type Organisation, startOrganisation } from "../people/running.ts";
import { type KeptSpan, keepSpans } from "./memory.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe("a traceparent", () => {
  it.each([
    ["of version 00", PARENT, TRACE],
    ["of a later version, with more", `01-${TRACE}-00f067aa0ba902b7-01-more`, TRACE],
    ["of version 00 with more", `${PARENT}-more`, undefined],
    ["of version ff", `ff${PARENT.slice(2)}`, undefined],
    ["in upper case", PARENT.toUpperCase(), undefined],
    ["with a trace of zeros", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, undefined],
    ["with a parent of zeros", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    ["that is something else", "ana@example.org", undefined],
    ["without end", `01-${TRACE}-00f067aa0ba902b7-01-${"m".repeat(1_000)}`, undefined],
  ])("%s is read as the standard says", (_, header, wanted) => {
    expect(parseTraceparent(header)?.traceId).toBe(wanted);
  });
});

describe("without a tracer provider", () => {
  it("there are no traces at all", () => {
    expect(createTraces({ wall: () => instant(0) })).toBe(null);
  });
});

describe("with a tracer provider", () => {
  let kept: ReturnType<typeof keepSpans>;
  let postern: TestPostern;
  let shop: Organisation;
  let since = 0;
  beforeAll(async () => {
    kept = keepSpans();
    [postern, shop] = await Promise.all([testPostern(), startOrganisation()]);
  });
  afterEach(() => {
    since = kept.spans.length;
  });
  afterAll(async () => {
    await Promise.all([postern.stop(), shop.stop()]);
    kept.end();
  });
  const fresh = (): readonly KeptSpan[] => kept.spans.slice(since);
  const named = async (name: string): Promise<KeptSpan> => {
    await expect.poll(() => fresh().some((span) => span.name === name && span.ended)).toBe(true);
    const span = fresh().find((one) => one.name === name);
    if (span === undefined) throw new Error(`there is no span ${name}`);
    return span;
  };
  const evaluate = (token: string, id = "/public/a", headers: Record<string, string> = {}) =>
    postern.call("POST", "/access/v1/evaluation", {
      token,
      headers,
      body: {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        resource: { type: "route", id },
      },
    });

  it("a route's span has its template, never its address", async () => {
    const headers = { traceparent: PARENT };
    await postern.call("GET", "/v1/opt-outs/oo_ana?asOf=2026-01-01T00:00:00Z", {
      token: postern.admin,
      headers,
    });
    const span = await named("GET /v1/opt-outs/:id");
    expect(span.attributes).toEqual({
      "http.request.method": "GET",
      "http.route": "/v1/opt-outs/:id",
      "http.response.status_code": 404,
    });
    expect(span.parent?.traceId).toBe(TRACE);
    await postern.call("GET", "/v1/nothing/ana", { token: postern.admin });
    expect((await named("GET unknown")).attributes["http.route"]).toBe("unknown");
  });

  it("a route's span begins by the clock that was handed in", async () => {
    const at = 1_800_000_000_000;
    const app = fastify();
    app.decorateRequest("caller", null);
    app.get("/clock", async () => "");
    createTraces({ wall: () => instant(at) })?.api(app as unknown as App);
    await app.ready();
    expect((await app.inject("/clock")).statusCode).toBe(200);
    expect((await named("GET /clock")).startTime).toBe(at);
    await app.close();
  });

  it("a decision's span is under the question's, and that under the enforcement point's", async () => {
    const token = await postern.token(["decide"]);
    await evaluate(token, "/public/a", { traceparent: PARENT });
    const question = await named("POST /access/v1/evaluation");
    const decision = await named("postern.decide");
    expect(question.parent).toMatchObject({ traceId: TRACE, spanId: "00f067aa0ba902b7", isRemote: true });
    expect(decision.parent?.spanId).toBe(question.context.spanId);
    expect(decision.attributes).toMatchObject({ "postern.outcome": "permit", "postern.recorded": false });
  });

  it.each([
    ["no token", undefined],
    ["a token that asks nothing", "explain"],
  ] as const)("with %s nobody says where a span belongs", async (_, scope) => {
    const token = scope === undefined ? "pst_unknown" : await postern.token([scope]);
    since = kept.spans.length;
    await evaluate(token, "/public/a", { traceparent: PARENT });
    const span = await named("POST /access/v1/evaluation");
    expect([span.parent, span.context.traceId === TRACE]).toEqual([undefined, false]);
    await postern.call("GET", "/v1/decisions", { token, headers: { traceparent: PARENT } });
    expect((await named("GET /v1/decisions")).parent).toBeUndefined();
  });

  it("an honour's record has a span of its own, and an append belongs to no request", async () => {
    const { admin } = postern;
    await postern.call("PUT", "/v1/entities/user/olga", {
      token: admin,
      body: { attributes: { roles: ["owner"] } },
    });
    const olga = await postern.token(["opt-outs.approve"], { person: { type: "user", id: "olga" } });
    const asked = await postern.call("POST", "/v1/opt-outs", {
      token: admin,
      body: { offer: "guests", holder: { kind: "anonymous" }, reason: "shop window" },
    });
    const approved = await postern.call("POST", `/v1/opt-outs/${asked.json.id}/approve`, {
      token: olga,
      headers: { "if-match": `"${asked.json.version}"` },
    });
    expect(approved.status).toBe(200);
    const decide = await postern.token(["decide"]);
    since = kept.spans.length;
    const answer = await postern.call("POST", "/access/v1/evaluation", {
      token: decide,
      body: {
        subject: { type: "anonymous", id: "x" },
        action: { name: "get" },
        resource: { type: "route", id: "/catalogue/1" },
        context: {},
      },
    });
    expect(answer.status).toBe(200);
    const decision = await named("postern.decide");
    expect(decision.attributes).toMatchObject({ "postern.outcome": "honour", "postern.recorded": true });
    expect((await named("postern.record")).parent?.spanId).toBe(decision.context.spanId);
    await postern.call("PUT", "/v1/entities/user/olga", {
      token: admin,
      body: { attributes: { roles: [] } },
    });
    const append = await named("postern.store.append");
    expect(append.parent).toBeUndefined();
    expect(append.attributes).toMatchObject({ "db.system.name": "sqlite" });
    expect(append.attributes["postern.entries"]).toBeGreaterThan(0);
    expect(approved.json.expiresAt > inDays(1)).toBe(true);
  });

  it("the gateway passes its own span on, and nothing of what a browser says", async () => {
    const headers = { traceparent: PARENT, tracestate: "ana=1", baggage: "ana=1" };
    const shown = await browser().go(`${shop.gateway}/?name=ana`, headers);
    expect(shown.status).toBe(200);
    const span = await named("GET gateway");
    expect(span.parent).toBeUndefined();
    const told = shop.requests.at(-1)?.headers;
    expect(told?.traceparent).toBe(`00-${span.context.traceId}-${span.context.spanId}-01`);
    expect([told?.tracestate, told?.baggage]).toEqual([undefined, undefined]);
    expect((await named("postern.decide")).parent?.spanId).toBe(span.context.spanId);
  });
});
