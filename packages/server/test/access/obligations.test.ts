import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let token: string;
let session: string;

beforeAll(async () => {
  postern = await testPostern();
  token = await postern.token(["decide"]);
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
  session = registered.json.session.id;
});
afterAll(() => postern.stop());

const obligationsOf = async (id: string, context: object = {}): Promise<unknown> => {
  const { json } = await postern.call("POST", "/access/v1/evaluation", {
    token,
    body: {
      subject: { type: "user", id: "ana" },
      action: { name: "get" },
      resource: { type: "route", id },
      context: { postern: { session }, ...context },
    },
  });
  return json.context.obligations;
};
const STEP_UP = [{ id: "obl-1", type: "step-up", properties: { acr_value: "aal2", max_age: 600 } }];

describe("obligations", () => {
  it("oblige a refusal that a step-up would meet to that step-up, and how fresh it must be", async () => {
    expect(await obligationsOf("/reports/q3")).toEqual(STEP_UP);
  });

  it("are not attached to a permit, nor to a denial that nothing would meet", async () => {
    expect(await obligationsOf("/public/a")).toBeUndefined();
    expect(await obligationsOf("/closed/a")).toBeUndefined();
    expect(await obligationsOf("/nowhere")).toBeUndefined();
  });

  it("are of types that the enforcement point supports, where it says which, and never widen the answer", async () => {
    expect(await obligationsOf("/reports/q3", { supported_obligations: ["step-up"] })).toEqual(STEP_UP);
    for (const supported of [["notification"], [], ["toString"], [7, null]]) {
      const context = { supported_obligations: supported };
      expect(await obligationsOf("/reports/q3", context)).toBeUndefined();
    }
    // Not a list: nothing was said.
    expect(await obligationsOf("/reports/q3", { supported_obligations: "step-up" })).toEqual(STEP_UP);
  });

  it("stand with each item of a batch", async () => {
    const { json } = await postern.call("POST", "/access/v1/evaluations", {
      token,
      body: {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        context: { postern: { session } },
        evaluations: [
          { resource: { type: "route", id: "/reports/q3" } },
          { resource: { type: "route", id: "/public/a" } },
        ],
      },
    });
    expect(
      json.evaluations.map((one: { context: { obligations?: unknown } }) => one.context.obligations),
    ).toEqual([STEP_UP, undefined]);
  });

  it("are the types that the metadata lists", async () => {
    const { json } = await postern.call("GET", "/.well-known/authzen-configuration");
    expect(json.supported_obligations).toEqual(["step-up"]);
  });
});
