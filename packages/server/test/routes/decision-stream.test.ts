import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;
let reader: string;

beforeAll(async () => {
  postern = await testPostern();
  reader = await postern.token(["explain", "decide"]);
});
afterAll(() => postern.stop());

function open(token: string): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    get(
      {
        port: postern.port,
        path: "/v1/decisions/stream",
        headers: { authorization: `Bearer ${token}` },
        agent: false,
      },
      done,
    ).on("error", failed);
  });
}

const until = async (stream: IncomingMessage, what: string): Promise<string> => {
  let text = "";
  stream.setEncoding("utf8");
  return new Promise((done, failed) => {
    stream.on("data", (part: string) => {
      text += part;
      if (text.includes(what)) done(text);
    });
    stream.on("error", failed);
    stream.on("end", () => failed(new Error(`ended before ${what}: ${text}`)));
  });
};

describe("the stream of decisions", () => {
  it("shows each decision as it is made", async () => {
    const stream = await open(reader);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    const seen = until(stream, "event: decision");
    const asked = await postern.call("POST", "/access/v1/evaluation", {
      token: reader,
      body: {
        subject: { type: "user", id: "ana" },
        action: { name: "get" },
        resource: { type: "route", id: "/public/stream" },
      },
    });
    const text = await seen;
    expect(text).toContain(`id: ${asked.headers.get("decision-id")}`);
    const data: unknown = JSON.parse(
      /^data: (.*)$/m.exec(text.slice(text.indexOf("event: decision")))?.[1] ?? "null",
    );
    expect(data).toMatchObject({ outcome: "permit", resource: { id: "/public/stream" } });
    stream.destroy();
  });

  it("takes a bounded number of readers", async () => {
    const streams: IncomingMessage[] = [];
    for (let at = 0; at < 40; at++) streams.push(await open(reader));
    const refused = streams.filter(({ statusCode }) => statusCode === 503);
    expect(refused.length).toBeGreaterThanOrEqual(8);
    expect(streams.filter(({ statusCode }) => statusCode === 200).length).toBeLessThanOrEqual(32);
    for (const stream of streams) stream.destroy();
  });
});
