import { connect } from "node:net";
import { SESSION_ENDS } from "@postern/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let token: string;

beforeAll(async () => {
  postern = await testPostern();
  token = await postern.token(["opt-outs.request", "decide"]);
});
afterAll(() => postern.stop());

/** Our own API and the raw handler beside it: the same attack, the same answer. */
const PLACES = ["/v1/opt-outs", "/access/v1/evaluation"];

function raw(text: string): Promise<string> {
  return new Promise((done, failed) => {
    let answer = "";
    const socket = connect(postern.port, "127.0.0.1", () => socket.end(text));
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => {
      answer += part;
    });
    socket.on("close", () => done(answer));
    socket.on("error", failed);
  });
}

describe("a body", () => {
  it.each(PLACES)("of 1 MB is refused with 413 (%s)", async (path) => {
    const answer = await postern.call("POST", path, {
      token,
      raw: JSON.stringify({ a: "x".repeat(1_000_000) }),
    });
    expect([answer.status, answer.json.code]).toEqual([413, "request.too_large"]);
  });

  it.each([
    ["10,000 levels deep", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
    ["10,000 lists deep", "[".repeat(10_000) + "]".repeat(10_000)],
    ["with __proto__", '{"offer":"x","__proto__":{"admin":true}}'],
    ["with constructor", '{"offer":"x","holder":{"constructor":{}}}'],
    ["with a name twice", '{"offer":"x","offer":"y"}'],
    ["cut short", '{"offer":"x"'],
    ["that is not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("%s is malformed", async (_what, body) => {
    for (const path of PLACES) {
      const answer = await postern.call("POST", path, { token, raw: body });
      expect([path, answer.status, answer.json.code]).toEqual([path, 400, "request.malformed"]);
    }
  });

  it("changes nothing of the prototypes of this process", async () => {
    await postern.call("POST", "/v1/opt-outs", { token, raw: '{"__proto__":{"polluted":1}}' });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("with an unknown field is refused with the name that was meant", async () => {
    const answer = await postern.call("POST", "/v1/opt-outs", {
      token,
      body: { offer: "guests", lenght: "P1D" },
    });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({
      code: "request.unknown_field",
      errors: [{ pointer: "#/lenght", fix: "use `length`" }],
    });
  });

  it("with an unknown field deep inside, or a wrong alternative, is told precisely", async () => {
    const holder = { kind: "device", device: { type: "device", id: "d", color: 1 } };
    const deep = await postern.call("POST", "/v1/opt-outs", { token, body: { offer: "guests", holder } });
    expect(deep.json.errors[0].pointer).toBe("#/holder/device/color");
    const kind = await postern.call("POST", "/v1/opt-outs", {
      token,
      body: { offer: "guests", holder: { kind: "everyone" } },
    });
    expect(kind.json.errors).toHaveLength(1);
    expect(kind.json.errors[0]).toMatchObject({ pointer: "#/holder/kind" });
  });

  it("is neither coerced nor trimmed to fit", async () => {
    const answer = await postern.call("POST", "/v1/opt-outs", { token, body: { offer: 7 } });
    expect([answer.status, answer.json.code]).toEqual([422, "request.wrong_type"]);
    expect(answer.json.errors[0].detail).toBe("expected string, got number");
  });

  it("of another media type is refused with 415", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await postern.call("POST", "/v1/opt-outs", { token, raw: "offer=guests", headers });
    expect([answer.status, answer.json.code]).toEqual([415, "request.media_type"]);
  });
});

describe("an attempt on an opt-out that cannot be read", () => {
  it("leaves no opt-out and is recorded under the token that made it", async () => {
    const before = (await postern.call("GET", "/v1/ledger/entries?limit=1", { token: postern.admin })).json
      .size;
    await postern.call("POST", "/v1/opt-outs", { token, body: { offer: "guests", forever: true } });
    await postern.call("POST", "/v1/opt-outs", { token, raw: "[".repeat(10_000) });
    await postern.call("POST", "/v1/opt-outs/oo_x/approve", { token });
    const path = `/v1/ledger/entries?from=${before}`;
    const { items } = (await postern.call("GET", path, { token: postern.admin })).json;
    const recorded = items.map(({ entry }: { entry: string }) => JSON.parse(entry));
    expect(recorded.map((entry: { type: string }) => entry.type)).toEqual(Array(3).fill("opt-out.refused"));
    expect(recorded.map((entry: { data: { code: string } }) => entry.data.code)).toEqual([
      "request.unknown_field",
      "request.malformed",
      "caller.scope",
    ]);
    expect(recorded[0].by.via).toMatch(/^tok_/);
    expect((await postern.call("GET", "/v1/opt-outs", { token: postern.admin })).json.items).toEqual([]);
  });

  it("by nobody whom we know leaves nothing", async () => {
    const size = async () =>
      (await postern.call("GET", "/v1/ledger/entries?limit=1", { token: postern.admin })).json.size;
    const before = await size();
    await postern.call("POST", "/v1/opt-outs", { body: { forever: true } });
    expect(await size()).toBe(before);
  });
});

describe("a query", () => {
  it.each([
    ["/v1/opt-outs?limit=0", "request.wrong_type"],
    ["/v1/opt-outs?limit=201", "request.wrong_type"],
    ["/v1/opt-outs?limit=ten", "request.wrong_type"],
    ["/v1/opt-outs?limit=1&limit=2", "request.wrong_type"],
    ["/v1/opt-outs?stat=active", "request.unknown_field"],
    ["/v1/opt-outs?control=firewall", "request.wrong_type"],
    ["/v1/opt-outs?state=actve", "request.wrong_type"],
    ["/v1/opt-outs?subject=ana", "request.wrong_type"],
  ])("%s is refused", async (path, code) => {
    const answer = await postern.call("GET", path, { token });
    expect([answer.status, answer.json.code]).toEqual([422, code]);
  });
});

describe("a mistake in a query", () => {
  it("is answered with all that could be meant", async () => {
    const { json } = await postern.call("GET", "/v1/opt-outs?control=firewall", { token });
    expect(json.detail).toBe(
      "#querystring/control: expected one of `authentication`, `step-up`, `session-timeout`, `just-in-time-access`, `identity`",
    );
  });

  it("is answered with all of a long choice", async () => {
    const { json } = await postern.call("GET", "/v1/sessions?cause=boredom", { token: postern.admin });
    expect(
      String(json.detail)
        .match(/`[a-z-]+`/g)
        ?.toSorted(),
    ).toEqual(SESSION_ENDS.map((end) => `\`${end}\``).toSorted());
  });

  it("never turns a cursor that no answer gave into the first page", async () => {
    for (const list of ["opt-outs", "locks", "reviews", "sessions", "decisions"]) {
      const answer = await postern.call("GET", `/v1/${list}?cursor=zz`, { token: postern.admin });
      expect([list, answer.status, answer.json.code]).toEqual([list, 400, "request.malformed"]);
    }
  });
});

describe("what is not HTTP", () => {
  it.each([
    [
      "both lengths",
      "POST /v1/opt-outs HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a folded header", "GET /livez HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n"],
    ["no HTTP at all", "hello\r\n\r\n"],
  ])("(%s) gets a problem and the connection is closed", async (_what, text) => {
    const answer = await raw(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("application/problem+json");
    expect(answer).toContain('"code":"request.malformed"');
    expect(answer).toContain("connection: close");
  });

  it("with headers without end is refused with 431", async () => {
    const answer = await raw(`GET /livez HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"request.too_large"');
  });
});

describe("a refusal", () => {
  it("says nothing of stacks, paths or queries", async () => {
    for (const path of ["/v1/opt-outs/oo_x", "/v1/ledger/proof?index=99999999", "/v1/decisions/dec_x"]) {
      const answer = await postern.call("GET", path, { token: postern.admin });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toMatch(/\bat .*\.ts|node_modules|\/work\/|SELECT|sqlite/i);
    }
  });
});
