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

describe("GET /v1/coverage", () => {
  it("shows templates, the ungoverned first, and the metric counts without naming them", async () => {
    const { json } = await postern.call("GET", "/v1/coverage", { token: writer });
    expect(json.items[0]).toMatchObject({ resource: "route:/nowhere/*", governed: false, ungoverned: 1 });
    expect(JSON.stringify(json)).not.toContain("18");
    const text = await postern.running.service.coverage.ungoverned();
    expect(text).toBeGreaterThan(0);
  });
});
