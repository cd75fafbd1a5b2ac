import { describe, expect, it } from "vitest";
import { createClient, PosternProblem, PosternUnavailable } from "../src/index.ts";
import { bodyOf, json, listening } from "./listening.ts";

const caught = async (run: Promise<unknown>): Promise<unknown> =>
  await run.then(
    () => null,
    (error: unknown) => error,
  );

describe("a call", () => {
  it("carries the token, the application's name and a key of its own on every change", async () => {
    const seen: Record<string, unknown>[] = [];
    const url = await listening((request, response) => {
      seen.push({ ...request.headers, method: request.method, url: request.url });
      json(response, 200, { id: "oo_1", state: "active" });
    });
    const client = createClient({ url, token: "pst_secret", app: "billing" });
    await client.optOuts.suspend("oo_1", { reason: "audit" });
    await client.optOuts.resume("oo_1");
    expect(seen[0]).toMatchObject({
      authorization: "Bearer pst_secret",
      "user-agent": "billing (@postern/sdk)",
      method: "POST",
      url: "/v1/opt-outs/oo_1/suspend",
    });
    expect(seen[0]?.["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
    expect(seen[1]?.["idempotency-key"]).not.toBe(seen[0]?.["idempotency-key"]);
  });

  it("is sent again with the same key when the connection breaks, and happens once", async () => {
    const keys: (string | undefined)[] = [];
    const url = await listening((request, response) => {
      keys.push(String(request.headers["idempotency-key"]));
      if (keys.length < 3) request.socket.destroy();
      else json(response, 200, { id: "oo_1" });
    });
    const given = await createClient({ url }).optOuts.withdraw("oo_1", { idempotencyKey: "mine" });
    expect(given.id).toBe("oo_1");
    expect(keys).toEqual(["mine", "mine", "mine"]);
  });

  it("gives up after its retries", async () => {
    let calls = 0;
    const url = await listening((request) => {
      calls += 1;
      request.socket.destroy();
    });
    const error = await caught(createClient({ url, retries: 1 }).optOuts.get("oo_1"));
    expect(error).toBeInstanceOf(PosternUnavailable);
    expect(calls).toBe(2);
  });

  it("that is an evaluation is sent once only, since an honour spends a use", async () => {
    let calls = 0;
    const url = await listening((request) => {
      calls += 1;
      request.socket.destroy();
    });
    const ask = { action: { name: "get" }, resource: { type: "route", id: "/" } };
    expect(await caught(createClient({ url }).evaluation(ask))).toMatchObject({ reason: "unreachable" });
    expect(calls).toBe(1);
  });

  it("escapes what it puts into a path, so that no id reaches another route", async () => {
    const urls: (string | undefined)[] = [];
    const url = await listening((request, response) => {
      urls.push(request.url);
      json(response, 200, {});
    });
    await createClient({ url }).entities.get({ type: "user", id: "../../tokens?x=#" });
    expect(urls).toEqual(["/v1/entities/user/..%2F..%2Ftokens%3Fx%3D%23"]);
  });

  it("names the version that an edit was made on", async () => {
    const seen: unknown[] = [];
    const url = await listening(async (request, response) => {
      seen.push(request.headers["if-match"], await bodyOf(request));
      json(response, 200, { id: "oo_1" });
    });
    await createClient({ url }).optOuts.approve("oo_1", { version: 3 });
    expect(seen).toEqual(['"3"', "{}"]);
  });

  it("never follows a redirect with its token", async () => {
    let reached = false;
    const other = await listening((_, response) => {
      reached = true;
      json(response, 200, {});
    });
    const url = await listening((_, response) => response.writeHead(302, { location: other }).end());
    const error = await caught(createClient({ url, token: "pst_1", retries: 0 }).optOuts.get("oo_1"));
    expect(error).toBeInstanceOf(PosternUnavailable);
    expect(reached).toBe(false);
  });

  it("ends with its caller's own reason when its caller ends it", async () => {
    const url = await listening(() => undefined);
    const stop = new AbortController();
    const run = caught(createClient({ url }).optOuts.get("oo_1", { signal: stop.signal }));
    stop.abort(new Error("closing time"));
    expect(await run).toMatchObject({ message: "closing time" });
  });
});

describe("a refusal", () => {
  it("is a problem with its code, its parts and its decision", async () => {
    const url = await listening((_, response) => {
      response.setHeader("decision-id", "dec_9");
      const errors = [{ pointer: "#/length", detail: "max P30D", fix: "P30D" }];
      json(
        response,
        422,
        { code: "opt-out.over_max", title: "Too long", detail: "you asked for P90D", errors },
        "application/problem+json",
      );
    });
    const error = await caught(createClient({ url }).optOuts.request({ offer: "laptop", length: "P90D" }));
    expect(error).toBeInstanceOf(PosternProblem);
    expect(error).toMatchObject({
      code: "opt-out.over_max",
      status: 422,
      detail: "you asked for P90D",
      errors: [{ pointer: "#/length", detail: "max P30D", fix: "P30D" }],
      decisionId: "dec_9",
    });
  });

  it("becomes a response with the same problem for one's own caller", async () => {
    const response = new PosternProblem({
      code: "not_found",
      status: 404,
      title: "Not found",
      detail: "no opt-out `oo_1`",
    }).toResponse();
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "not_found", detail: "no opt-out `oo_1`" });
  });

  it("without problem details is no answer of Postern's", async () => {
    const url = await listening((_, response) => json(response, 404, { message: "no such page" }));
    expect(await caught(createClient({ url }).optOuts.get("oo_1"))).toMatchObject({
      code: "unavailable",
      reason: "garbled",
    });
  });
});

describe("no answer", () => {
  it("within the time-out says that it timed out", async () => {
    const url = await listening(() => undefined);
    const error = await caught(createClient({ url, timeout: 50 }).ledger.checkpoint());
    expect(error).toMatchObject({ code: "unavailable", reason: "timed_out" });
  });

  it("to be had because the body breaks off or never ends says so", async () => {
    const url = await listening((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"id":');
    });
    expect(await caught(createClient({ url, timeout: 50 }).optOuts.get("oo_1"))).toMatchObject({
      reason: "timed_out",
    });
  });

  it("of 503 says when to come back, and becomes a 503 that names no cause", async () => {
    const url = await listening((_, response) => {
      response.setHeader("retry-after", "7");
      json(response, 503, { code: "store.unavailable", detail: "at 10.0.0.7" }, "application/problem+json");
    });
    const error = await caught(createClient({ url, retries: 0 }).optOuts.get("oo_1"));
    expect(error).toBeInstanceOf(PosternUnavailable);
    if (!(error instanceof PosternUnavailable)) return;
    expect(error).toMatchObject({ reason: "refusing", status: 503, retryAfter: 7 });
    const response = error.toResponse();
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.text()).not.toContain("10.0.0.7");
  });
});

describe("a list", () => {
  it("fetches its pages as it is walked", async () => {
    const urls: (string | undefined)[] = [];
    const url = await listening((request, response) => {
      urls.push(request.url);
      const last = request.url?.includes("cursor=two") === true;
      json(
        response,
        200,
        last ? { items: [{ id: "c" }], next: null } : { items: [{ id: "a" }], next: "two" },
      );
    });
    const ids: string[] = [];
    for await (const { id } of createClient({ url }).optOuts.list({ state: "active", limit: 1 }))
      ids.push(id);
    expect(ids).toEqual(["a", "c"]);
    expect(urls).toEqual([
      "/v1/opt-outs?state=active&limit=1",
      "/v1/opt-outs?state=active&limit=1&cursor=two",
    ]);
  });

  it("whose pages go in a circle ends", async () => {
    const url = await listening((_, response) => json(response, 200, { items: [1], next: "same" }));
    const walk = async (): Promise<number> => {
      let count = 0;
      for await (const _ of createClient({ url }).locks.list()) count += 1;
      return count;
    };
    expect(await caught(walk())).toMatchObject({ reason: "garbled" });
  });
});

describe("the stream of decisions", () => {
  it("gives decisions and gaps as they come, and passes over heartbeats", async () => {
    const url = await listening((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(': still here\n\nevent: decision\ndata: {"id":"dec_1"}\n\n');
      response.end('event: gap\ndata: {"dropped":4}\n\n');
    });
    const seen: unknown[] = [];
    for await (const event of createClient({ url }).decisions.stream()) seen.push(event);
    expect(seen).toEqual([
      { kind: "decision", decision: { id: "dec_1" } },
      { kind: "gap", missed: 4 },
    ]);
  });
});

describe("waiting for an opt-out", () => {
  it("ends when nobody has to decide any more", async () => {
    const states = ["pending", "pending", "denied"];
    const url = await listening((_, response) => json(response, 200, { id: "oo_1", state: states.shift() }));
    expect(await createClient({ url }).optOuts.wait("oo_1", { interval: 1 })).toMatchObject({
      state: "denied",
    });
  });
});

describe("options that cannot work", () => {
  it.each(["", "localhost:4600", "ftp://localhost", "http://ana:pw@localhost", "http://localhost/?a=b"])(
    "such as the URL `%s` are refused at once",
    (url) => {
      expect(() => createClient({ url })).toThrow(TypeError);
    },
  );
});
