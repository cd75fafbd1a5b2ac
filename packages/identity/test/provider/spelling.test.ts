import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser } from "../../../server/test/people/running.ts";
import { type Provided, startProvided } from "./client.ts";

let provided: Provided;
beforeAll(async () => {
  provided = await startProvided();
});
afterAll(() => provided.stop());

describe("an address of the OpenID Provider", () => {
  it("is answered in its own spelling alone: what guards it looks for that one", async () => {
    const { issuer } = provided;
    const other = [
      "/device/",
      "/DEVICE",
      "/Device/auth",
      "//device",
      "/auth/",
      "/Token",
      "/.Well-Known/openid-configuration",
    ];
    for (const path of other)
      expect([path, (await browser().step(`${issuer}${path}?user_code=ABCD-EFGH`)).status]).toEqual([
        path,
        404,
      ]);
    const own = await browser().step(`${issuer}/device?user_code=ABCD-EFGH`);
    expect([own.status, own.headers.location]).toEqual([303, "/oidc/device"]);
    expect((await browser().step(`${issuer}/.well-known/openid-configuration`)).status).toBe(200);
  });

  it("is never shown inside another page, whoever wrote its answer", async () => {
    for (const path of ["/auth", "/session/end", "/.well-known/openid-configuration"]) {
      const { headers } = await browser().step(`${provided.issuer}${path}`);
      expect([path, headers["x-frame-options"]]).toEqual([path, "DENY"]);
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    }
  });

  it("is too often asked for by one network long before strangers fill the database, and says so", async () => {
    let last = 0;
    for (let round = 0; round < 21 && last !== 429; round++) {
      const asked = await Promise.all(
        Array.from({ length: 30 }, () =>
          fetch(`${provided.issuer}/device/auth`, { method: "POST", body: "" }),
        ),
      );
      last = Math.max(...asked.map(({ status }) => status));
    }
    expect(last).toBe(429);
    expect((await fetch(`${provided.issuer}/jwks`)).status).toBe(200);
  });
});
