import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

describe("refused attempts on opt-outs", () => {
  it("of a token that may ask for none fill the record no more than so far, and the rest is counted", async () => {
    const token = await postern.token(["decide"]);
    const before = postern.running.service.ledger.size();
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => postern.call("POST", "/v1/opt-outs", { token, body: { x: 1 } })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(postern.running.service.ledger.size() - before).toBe(60);
    const { text } = await postern.call("GET", "/metrics", { token: postern.admin });
    expect(text).toMatch(/^postern_refusals_not_recorded_total 40$/m);
  });
});
