import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let auditor: string;
let challenged: string;
beforeAll(async () => {
  postern = await testPostern();
  auditor = await postern.token(["explain"], { person: { type: "user", id: "eve" } });
  const decider = await postern.token(["decide", "entities.write"]);
  await postern.call("PUT", "/v1/entities/user/ana", { token: decider, body: {} });
  const answer = await postern.call("POST", "/access/v1/evaluation", {
    token: decider,
    body: {
      subject: { type: "user", id: "ana" },
      action: { name: "get" },
      resource: { type: "route", id: "/reports/17" },
    },
  });
  challenged = answer.headers.get("decision-id") ?? "";
});
afterAll(() => postern.stop());

const mark = (body: object, token = auditor, id = challenged) =>
  postern.call("POST", `/v1/decisions/${id}/mark`, { token, body });

describe("POST /v1/decisions/{id}/mark", () => {
  it("answers with what was said, by whom it was about or not, and where it stands in the ledger", async () => {
    const { status, json } = await mark({ as: "unneeded" });
    expect([status, json.as, json.own, typeof json.entry]).toEqual([200, "unneeded", false, "number"]);
    expect((await mark({ as: "unneeded" })).json.entry).toBeNull();
  });

  it("takes two words and no other, and no further member", async () => {
    expect((await mark({ as: "fine" })).status).toBe(422);
    expect((await mark({ as: "right", reason: "none" })).json.code).toBe("request.unknown_field");
  });

  it("is 404 for what is not there, and for a token that is bound to other resources", async () => {
    expect((await mark({ as: "right" }, auditor, "dec_0123456789abcdefghjkmnpqrs")).status).toBe(404);
    const bound = await postern.token(["explain"], {
      person: { type: "user", id: "eve" },
      resources: ["route:/other/**"],
      expiresAt: inDays(1),
    });
    expect((await mark({ as: "right" }, bound)).json.code).toBe("not_found");
  });
});

describe("GET /v1/risk/report", () => {
  it("is what the description of the API says, and names no person", async () => {
    const { status, json, text } = await postern.call("GET", "/v1/risk/report", { token: auditor });
    expect([status, json.ended, json.fewestMarks]).toEqual([200, "all", 20]);
    expect(json.always.asked + json.risk.asked + json.always.denied + json.risk.denied).toBe(1);
    expect(text).not.toContain("ana");
    const { json: openapi } = await postern.call("GET", "/openapi.json");
    expect(Object.keys(openapi.paths)).toEqual(
      expect.arrayContaining(["/v1/risk/report", "/v1/decisions/{id}/mark", "/v1/signals/{id}/mark"]),
    );
  });

  it("refuses a span that ends before it begins", async () => {
    const path = "/v1/risk/report?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z";
    expect((await postern.call("GET", path, { token: auditor })).json.code).toBe("policy.span");
  });
});
