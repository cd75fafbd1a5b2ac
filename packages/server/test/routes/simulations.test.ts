import type { SimulationEvent } from "@postern/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { POLICY } from "../fixture/policy.ts";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let writer: string;
const files = Object.entries(POLICY).map(([path, text]) => ({ path, text }));
/** Whatever was asked of somebody is asked of nobody. */
const open = files.map(({ path, text }) => ({
  path,
  text: text.replace(/assurance: aal[123]/g, "assurance: none").replace(/\n\s*floor: aal[123]/g, ""),
}));

beforeAll(async () => {
  postern = await testPostern();
  writer = await postern.token(["policy.write", "explain", "decide"]);
  for (const id of ["/reports/17", "/nowhere/18"])
    await postern.call("POST", "/access/v1/evaluation", {
      token: writer,
      body: {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        resource: { type: "route", id },
      },
    });
});
afterAll(() => postern.stop());

const simulated = async (body: object, token = writer): Promise<readonly SimulationEvent[]> => {
  const { text } = await postern.call("POST", "/v1/policy/simulations", { token, body });
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SimulationEvent);
};

describe("POST /v1/policy/simulations", () => {
  it("streams a beginning, how far it is and last a report", async () => {
    const events = await simulated({ files });
    expect(events.map(({ event }) => event)).toEqual(["started", "progress", "report"]);
    const last = events.at(-1);
    expect(last?.event === "report" && last.report).toMatchObject({
      decisions: 2,
      changed: 0,
      widens: false,
      facts: "recorded",
      ended: "all",
    });
  });

  it("takes a published revision, and says nothing of decisions that the token may not be told of", async () => {
    const { json } = await postern.call("GET", "/v1/policy/status", { token: writer });
    const bound = await postern.token(["policy.write", "explain"], { resources: ["route:/other/**"] });
    const last = (await simulated({ revision: json.active }, bound)).at(-1);
    if (last?.event === "report")
      expect(last.report).toMatchObject({
        decisions: 0,
        notReplayed: [{ reason: "not_yours", count: 2 }],
      });
  });

  it("refuses two candidates and none, and what does not compile, before it streams", async () => {
    const code = async (body: object) =>
      (await postern.call("POST", "/v1/policy/simulations", { token: writer, body })).json.code;
    expect(await code({})).toBe("request.malformed");
    expect(await code({ revision: "pol_x", files })).toBe("request.malformed");
    expect(await code({ revision: "pol_x" })).toBe("policy.unknown_revision");
    expect(await code({ files: [{ path: "a.yaml", text: "kind: Nothing" }] })).toBe(
      "policy.does_not_compile",
    );
    expect(await code({ files: open, since: "now" })).toBe("policy.span");
  });
});

describe("records in the request", () => {
  const sent = async (lines: readonly string[], headers: Readonly<Record<string, string>> = {}) =>
    await postern.call("POST", "/v1/policy/simulations", {
      token: writer,
      raw: lines.join("\n"),
      headers: { "content-type": "application/jsonl", ...headers },
    });
  const exported = async () => {
    const { text, headers } = await postern.call("GET", "/v1/decisions/export?limit=10", { token: writer });
    expect(headers.get("content-type")).toBe("application/jsonl; charset=utf-8");
    return text.trim().split("\n");
  };

  it("are decided as they come, the first line being what is asked", async () => {
    const { text } = await sent([JSON.stringify({ files: open }), ...(await exported())]);
    const last = JSON.parse(text.trim().split("\n").at(-1) ?? "") as SimulationEvent;
    expect(last.event === "report" && last.report).toMatchObject({
      decisions: 2,
      file: { lines: 3, leftOut: 0, whole: true },
    });
  });

  it("are numbered as in their file, with those that are far too long", async () => {
    const [first = "", ...rest] = await exported();
    const long = "x".repeat(3_000_000);
    const { text } = await sent([JSON.stringify({ files }), long, first, "", "y".repeat(70_000), ...rest]);
    const last = JSON.parse(text.trim().split("\n").at(-1) ?? "") as SimulationEvent;
    expect(last.event === "report" && last.report).toMatchObject({
      decisions: 2,
      file: {
        leftOut: 2,
        named: [
          { line: 1, reason: "unreadable" },
          { line: 4, reason: "unreadable" },
        ],
      },
    });
  });

  it("are refused where the first line asks nothing that can be read", async () => {
    const code = async (lines: readonly string[]) => JSON.parse((await sent(lines)).text).code;
    expect(await code([""])).toBe("request.malformed");
    expect(await code(["{"])).toBe("request.malformed");
    expect(await code(["{}"])).toBe("request.malformed");
    expect(await code([JSON.stringify({ files, more: 1 })])).toBe("request.unknown_field");
    expect(await code(["x".repeat(2_000_000)])).toBe("request.malformed");
  });

  it("are told of by an export only as the token may be told", async () => {
    const bound = await postern.token(["explain"], { resources: ["route:/other/**"] });
    const { text } = await postern.call("GET", "/v1/decisions/export", { token: bound });
    expect(JSON.parse(text)).toMatchObject({ end: { decisions: 0 } });
    const code = async (query: string) =>
      (await postern.call("GET", `/v1/decisions/export?${query}`, { token: writer })).json.code;
    expect(await code("limit=0")).toBe("request.wrong_type");
    expect(await code("since=soon")).toBe("policy.span");
  });
});

describe("the description of what changing policy answers", () => {
  it("names every answer, and those of JSON lines by their lines", async () => {
    const { json } = await postern.call("GET", "/openapi.json");
    const ok = (path: string, method: string) => json.paths[path]?.[method]?.responses?.["200"]?.content;
    expect(ok("/v1/policy/simulations", "post")["application/jsonl"].schema.anyOf).toHaveLength(4);
    expect(ok("/v1/decisions/export", "get")["application/jsonl"].schema.anyOf).toHaveLength(2);
    expect(Object.keys(json.paths["/v1/policy/simulations"].post.requestBody.content)).toEqual([
      "application/json",
      "application/jsonl",
    ]);
    for (const [path, method] of [
      ["/v1/coverage", "get"],
      ["/v1/policy/status", "get"],
      ["/v1/policy/revisions/{id}/observe", "get"],
      ["/v1/policy/revisions/{id}/observe", "post"],
      ["/v1/policy/revisions/{id}/observe", "delete"],
    ] as const)
      expect(ok(path, method)["application/json"].schema.type).toBe("object");
  });
});

describe("GET /v1/coverage", () => {
  it("shows templates, the ungoverned first, and the metric counts without naming them", async () => {
    const { json } = await postern.call("GET", "/v1/coverage", { token: writer });
    expect(json.items[0]).toMatchObject({ resource: "route:/nowhere/*", governed: false, ungoverned: 1 });
    expect(JSON.stringify(json)).not.toContain("18");
    const text = await postern.running.service.coverage.ungoverned();
    expect(text).toBeGreaterThan(0);
  });
});
