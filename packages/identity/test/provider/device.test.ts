import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, formTo, must, type Page } from "../../../server/test/people/running.ts";
import { enrolled, giveName } from "../../../server/test/sign-in/account.ts";
import { type Provided, startProvided } from "./client.ts";

let provided: Provided;
let kettle: relying.Configuration;
beforeAll(async () => {
  provided = await startProvided();
  kettle = await relying.discovery(
    new URL(provided.issuer),
    "kettle",
    { id_token_signed_response_alg: "ES256" },
    relying.None(),
    { execute: [relying.allowInsecureRequests] },
  );
});
afterAll(async () => await provided.stop());

const begin = () => relying.initiateDeviceAuthorization(kettle, { scope: "openid profile" });
const once = (code: string) =>
  relying.genericGrantRequest(kettle, "urn:ietf:params:oauth:grant-type:device_code", { device_code: code });
async function type(at: Browser, code: string): Promise<Page> {
  const page = await at.go(`${provided.issuer}/device`);
  const form = formTo(page, "/oidc/device");
  return await at.submit(page, { ...form, fields: { ...form.fields, user_code: code } });
}
async function decide(at: Browser, page: Page, what: "confirm" | "abort"): Promise<Page> {
  const form = formTo(page, "/oidc/device");
  return await at.submit(page, { ...form, fields: { ...form.fields, [what]: "yes" } });
}

describe("a device that shows a code (RFC 8628)", () => {
  it("is signed in by a person who types the code and is warned of whoever sends one", async () => {
    await enrolled(provided.shop, "ana", false);
    const begun = await begin();
    expect(begun.verification_uri).toBe(`${provided.issuer}/device`);
    await expect(once(begun.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
    const at = browser();
    const asked = await type(at, begun.user_code);
    expect(asked.text).toContain("The kettle");
    expect(asked.text).toContain("If somebody sent you the code");
    const signIn = await decide(at, asked, "confirm");
    expect(signIn.url.startsWith(`${provided.shop.people}/sign-in`)).toBe(true);
    const done = await giveName(at, signIn, "ana");
    expect(done.text).toContain("The device is signed in");
    const tokens = await once(begun.device_code);
    const told = await relying.tokenIntrospection(provided.resources, tokens.access_token);
    expect(told).toMatchObject({ active: true, username: "ana", acr: "aal1", amr: ["pwd"] });
    await expect(once(begun.device_code)).rejects.toMatchObject({ error: "invalid_grant" });
    const { service, admin } = provided.shop;
    must(await service.sessions.revoke(admin, String(told.sid)));
    expect((await relying.tokenIntrospection(provided.resources, tokens.access_token)).active).toBe(false);
  });

  it("gets nothing where the person says no, or another code was typed", async () => {
    const [one, other] = [await begin(), await begin()];
    const at = browser();
    await decide(at, await type(at, one.user_code), "abort");
    await expect(once(one.device_code)).rejects.toMatchObject({ error: "access_denied" });
    await expect(once(other.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
  });

  it("is signed in by nobody's link or form: the code is typed, on a page that nothing frames", async () => {
    const begun = await begin();
    const at = browser();
    const page = await at.go(`${provided.issuer}/device?user_code=${begun.user_code}`);
    expect(page.url).toBe(`${provided.issuer}/device`);
    expect(page.text).not.toContain(begun.user_code);
    expect(String(page.headers["content-security-policy"])).toContain("frame-ancestors 'none'");
    const forged = await at.submit(page, {
      action: `${provided.issuer}/device`,
      fields: { xsrf: "guessed", user_code: begun.user_code, confirm: "yes" },
    });
    expect(forged.text).not.toContain("The kettle");
    await expect(once(begun.device_code)).rejects.toMatchObject({ error: "authorization_pending" });
  });

  it("is not found by guessing", async () => {
    const at = browser();
    let page = await type(at, "BBBB-BBBB");
    expect([page.status, page.text]).toEqual([400, expect.stringContaining("does not fit")]);
    for (let tries = 0; tries < 20; tries++) page = await type(at, "CCCC-CCCC");
    expect(page.status).toBe(429);
    expect((await type(at, (await begin()).user_code)).status).toBe(429);
  });
});
