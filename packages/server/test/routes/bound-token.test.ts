import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROUTES } from "../fixture/route-table.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;

beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

describe("a token that is bound to resources", () => {
  it("is told of decisions about those alone", async () => {
    const token = await postern.token(["decide"]);
    const decide = async (id: string): Promise<string> => {
      const body = {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        resource: { type: "route", id },
      };
      return (await postern.call("POST", "/access/v1/evaluation", { token, body })).json.context
        .evaluation_id;
    };
    const [mine, other] = [await decide("/public/a"), await decide("/closed/a")];
    const bound = await postern.token(["explain"], { resources: ["route:/public/**"] });
    const listed = await postern.call("GET", "/v1/decisions", { token: bound });
    expect(listed.json.items.map(({ id }: { readonly id: string }) => id)).toEqual([mine]);
    expect((await postern.call("GET", `/v1/decisions/${mine}`, { token: bound })).status).toBe(200);
    expect((await postern.call("GET", `/v1/decisions/${other}`, { token: bound })).status).toBe(404);
  });

  it("states and reads no other entities", async () => {
    const bound = await postern.token(["entities.write"], { resources: ["todo:*"] });
    const body = { attributes: { roles: ["owner"] } };
    const put = (path: string) => postern.call("PUT", `/v1/entities/${path}`, { token: bound, body });
    const refused = await put("user/ada");
    expect([refused.status, refused.json.code]).toEqual([403, "caller.resource"]);
    expect((await postern.call("GET", "/v1/entities/user/ada", { token: bound })).status).toBe(403);
    expect((await postern.call("DELETE", "/v1/entities/user/ada", { token: bound })).status).toBe(403);
    expect((await put("todo/1")).status).toBe(200);
  });

  it("finds and changes nothing of what others hold, with any scope", async () => {
    const body = { offer: "guests", holder: { kind: "anonymous" }, reason: "the marked reason" };
    const scope = { actions: ["get"], resources: ["route:/catalogue/marked-place"] };
    const asked = await postern.call("POST", "/v1/opt-outs", {
      token: postern.admin,
      body: { ...body, scope },
    });
    expect(asked.status).toBe(201);
    const { id } = asked.json;
    const target = { kind: "resource", resource: "route:/catalogue/marked-place" };
    const locked = await postern.call("POST", "/v1/locks", { token: postern.admin, body: { target } });
    expect(locked.status).toBe(201);
    const readers = ROUTES.filter(
      ({ method, path, scopes }) => method === "GET" && scopes !== null && path.startsWith("/v1/"),
    );
    const seen: string[] = [];
    for (const { path, scopes } of readers) {
      const given = scopes?.filter((one) => one !== "admin") ?? [];
      // Who administers sees what it administers.
      if (given.length === 0) continue;
      const bound = await postern.token(given, {
        resources: ["todo:*"],
        person: { type: "user", id: "bound" },
      });
      for (const place of [path, path.replace("oo_x", id), `${path.split("?")[0]}?due=P365D`]) {
        const { text, status } = await postern.call("GET", place, { token: bound });
        if (status === 200 && /marked/.test(text)) seen.push(path);
      }
    }
    // The record and the policy are read whole or not at all.
    expect(new Set(seen)).toEqual(new Set(["/v1/ledger/entries", "/v1/ledger/export"]));
    const approver = await postern.token(["opt-outs.approve", "opt-outs.request"], {
      resources: ["todo:*"],
      person: { type: "user", id: "olga" },
    });
    for (const act of ["approve", "deny", "withdraw", "renew", "narrow", "suspend", "resume", "revoke"]) {
      const headers = { "if-match": '"1"' };
      const answer = await postern.call("POST", `/v1/opt-outs/${id}/${act}`, { token: approver, headers });
      expect([act, [403, 404, 422].includes(answer.status)]).toEqual([act, true]);
    }
    const review = await postern.call("POST", "/v1/reviews", {
      token: approver,
      body: { optOut: id, answer: "end" },
    });
    expect([403, 404]).toContain(review.status);
    expect((await postern.call("GET", `/v1/opt-outs/${id}`, { token: postern.admin })).json.state).toBe(
      "pending",
    );
  });
});
