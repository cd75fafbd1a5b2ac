import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let pia: string;

beforeAll(async () => {
  postern = await testPostern();
  pia = await postern.token(["admin"], { person: { type: "user", id: "pia" } });
});
afterAll(() => postern.stop());

const issue = (more: object, headers = {}) =>
  postern.call("POST", "/v1/tokens", {
    token: postern.admin,
    headers,
    body: { label: "more", scopes: ["admin"], expiresAt: inDays(30), ...more },
  });

describe("what takes two persons", () => {
  it("answers 202 and where it waits, and the secret opens nothing before", async () => {
    const asked = await issue({});
    const place = `/v1/unreviewed/${asked.json.waits.id}/confirm`;
    expect([asked.status, asked.headers.get("location")]).toEqual([202, place]);
    expect(asked.json).toMatchObject({
      token: { state: "waiting" },
      waits: {
        state: "waiting",
        by: { type: "user", id: "ada" },
        what: { kind: "token", scopes: ["admin"] },
      },
    });
    const token: string = asked.json.secret;
    expect((await postern.call("GET", "/v1/tokens", { token })).status).toBe(401);
    const own = await postern.call("POST", place, { token: postern.admin });
    expect([own.status, own.json.code]).toEqual([403, "unreviewed.own_act"]);
    const done = await postern.call("POST", place, { token: pia });
    expect([done.status, done.json.state]).toEqual([200, "confirmed"]);
    expect((await postern.call("GET", "/v1/tokens", { token })).status).toBe(200);
    const again = await postern.call("POST", place, { token: pia });
    expect([again.status, again.json.code]).toEqual([409, "unreviewed.state"]);
  });

  it("asked for again with the same key is one act", async () => {
    const expiresAt = inDays(30);
    const key = { "idempotency-key": "one-act" };
    const [one, two] = [await issue({ expiresAt }, key), await issue({ expiresAt }, key)];
    expect([two.status, two.json.waits.id]).toEqual([202, one.json.waits.id]);
  });

  it("narrow tokens still take one person", async () => {
    expect((await issue({ scopes: ["decide"] })).status).toBe(201);
  });

  it("holds a lock until it is confirmed, and tells the operator", async () => {
    const placed = await postern.call("POST", "/v1/locks", {
      token: postern.admin,
      body: { target: { kind: "everything" } },
    });
    const lifted = await postern.call("DELETE", `/v1/locks/${placed.json.id}`, { token: postern.admin });
    expect([lifted.status, lifted.json.state]).toEqual([202, "holds"]);
    const { json } = await postern.call("GET", "/v1/status", { token: pia });
    expect(json.unreviewed.waiting).toBeGreaterThan(0);
    const denied = await postern.call("POST", `/v1/unreviewed/${lifted.json.waits.id}/deny`, { token: pia });
    expect([denied.status, denied.json.state]).toEqual([200, "denied"]);
    expect((await postern.call("DELETE", `/v1/locks/${placed.json.id}`, { token: pia })).status).toBe(202);
    expect(
      (await postern.call("DELETE", `/v1/locks/${placed.json.id}`, { token: postern.admin })).json.state,
    ).toBe("lifted");
  });

  it("lists what one person did alone, by state", async () => {
    const open = await postern.call("GET", "/v1/unreviewed?state=unreviewed", { token: pia });
    const said = JSON.stringify(open.json.items);
    expect(said).toContain('"id":"pia"');
    expect(said).not.toMatch(/secret|[0-9a-f]{64}/);
    for (const { id } of open.json.items)
      expect((await postern.call("POST", `/v1/unreviewed/${id}/confirm`, { token: pia })).status).toBe(200);
    const left = await postern.call("GET", "/v1/unreviewed?state=unreviewed", { token: pia });
    expect(left.json).toEqual({ items: [], next: null });
    const wrong = await postern.call("GET", "/v1/unreviewed?state=nothing", { token: pia });
    expect(wrong.status).toBe(422);
  });

  it("is known to nobody under another id", async () => {
    const answer = await postern.call("POST", "/v1/unreviewed/act_x/confirm", { token: pia });
    expect([answer.status, answer.json.code]).toEqual([404, "not_found"]);
  });
});
