import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

describe("a CloudEvent that says a signal", () => {
  let postern: TestPostern;
  let token: string;
  let sent = 0;
  beforeAll(async () => {
    postern = await testPostern();
    token = await postern.token(["signals.write"], { subjectTypes: ["user"], resources: ["signal:idp"] });
  });
  afterAll(() => postern.stop());

  async function send(more: object): Promise<readonly [number, string | undefined]> {
    const { status, json } = await postern.call("POST", "/v1/signals", {
      token,
      body: {
        specversion: "1.0",
        id: `event-${++sent}`,
        source: "idp",
        type: "risk-level-change",
        subject: "user:nobody",
        time: new Date().toISOString(),
        data: { current_level: "HIGH" },
        ...more,
      },
    });
    return [status, json.outcome ?? json.errors?.[0]?.pointer];
  }

  it("may bring extension attributes of any type that they have, which say nothing here", async () => {
    const extensions = {
      partitionkey: "7",
      sequence: 12,
      sampled: true,
      correlationid: null,
      traceparent: "00",
    };
    expect(await send(extensions)).toEqual([200, "unmatched"]);
  });

  it.each([
    ["in capitals", { partitionKey: "7" }],
    ["with a dash", { "partition-key": "7" }],
    ["with data in another encoding", { data_base64: "e30=" }],
    ["that is a structure", { partitionkey: { part: 7 } }],
    ["without end", { partitionkey: "7".repeat(1_025) }],
    ["with a name without end", { ["x".repeat(65)]: "7" }],
    ["in a crowd", Object.fromEntries(Array.from({ length: 41 }, (_, at) => [`x${at}`, at]))],
  ])("is refused with one %s", async (_, more) => {
    expect((await send(more))[0]).toBeGreaterThanOrEqual(400);
    expect((await send(more))[0]).toBeLessThan(500);
  });

  it("is refused where an attribute of its own is of another type", async () => {
    expect((await send({ subject: 7 }))[0]).toBeGreaterThanOrEqual(400);
    expect((await send({ datacontenttype: "text/xml" }))[0]).toBeGreaterThanOrEqual(400);
  });
});
