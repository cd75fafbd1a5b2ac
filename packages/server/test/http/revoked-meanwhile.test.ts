import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDays, type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;

beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

const BODY = JSON.stringify({ attributes: { roles: ["owner"] } });

/** Sends the first half of the body, does something else, then sends the rest; the answer's status. */
function inHalves(secret: string, between: () => Promise<unknown>): Promise<number> {
  return new Promise((done, failed) => {
    const sent = request(
      {
        port: postern.port,
        host: "127.0.0.1",
        method: "PUT",
        path: "/v1/entities/user/zoe",
        agent: false,
        headers: {
          authorization: `Bearer ${secret}`,
          "content-type": "application/json",
          "content-length": BODY.length,
          expect: "100-continue",
        },
      },
      (response) => {
        response.resume();
        done(response.statusCode ?? 0);
      },
    );
    sent.on("error", failed);
    sent.once("continue", () => {
      sent.write(BODY.slice(0, 5));
      between().then(() => sent.end(BODY.slice(5)), failed);
    });
    sent.flushHeaders();
  });
}

describe("a token whose request is still on its way", () => {
  const issue = (): ReturnType<TestPostern["call"]> =>
    postern.call("POST", "/v1/tokens", {
      token: postern.admin,
      body: { label: "writer", scopes: ["entities.write"], expiresAt: inDays(1) },
    });

  it("acts when it is live at the end", async () => {
    const { json } = await issue();
    expect(await inHalves(json.secret, () => postern.call("GET", "/livez"))).toBe(200);
  });

  it("does not act once it was revoked meanwhile", async () => {
    const { json } = await issue();
    const revoke = (): Promise<unknown> =>
      postern.call("DELETE", `/v1/tokens/${json.token.id}`, { token: postern.admin });
    expect(await inHalves(json.secret, revoke)).toBe(401);
  });
});

describe("a policy of nothing but mistakes", () => {
  it("is answered with the first hundred, not with all of them", async () => {
    const text = "}: x\n".repeat(300);
    const answer = await postern.call("POST", "/v1/policy/revisions", {
      token: postern.admin,
      body: { files: [{ path: "p.yaml", text }] },
    });
    expect([answer.status, answer.json.code]).toEqual([422, "policy.does_not_compile"]);
    expect(answer.json.errors).toHaveLength(100);
  });
});
