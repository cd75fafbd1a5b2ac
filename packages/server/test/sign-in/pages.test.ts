import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, type Organisation, type Page, startOrganisation } from "../people/running.ts";
import { enrolled, filled, giveName, invite, POLICY, passOn } from "./account.ts";

let shop: Organisation;
beforeAll(async () => {
  // Nothing listens there: no mail leaves.
  shop = await startOrganisation(POLICY, {
    smtpUrl: "smtp://127.0.0.1:1",
    mailFrom: "postern@example.org",
  });
});
afterAll(async () => await shop.stop());

describe("every page of sign-in", () => {
  it("is framed by nobody, kept by nobody, and runs and sends nothing elsewhere", async () => {
    const { at } = await enrolled(shop, "ana", true);
    const stranger = browser();
    const { people } = shop;
    const pages: readonly Page[] = [
      await stranger.go(`${people}/sign-in`),
      await stranger.go(`${people}/sign-in/next`),
      await stranger.go(`${people}/sign-in/done`),
      await stranger.go(await invite(shop, "new-here")),
      await stranger.go(`${people}/sign-in/invitation?code=none`),
      await stranger.go(`${people}/sign-in/upstream/none`),
      await stranger.go(`${people}/sign-in/upstream/none/callback?state=x`),
      await at.go(`${people}/me/factors`),
      await at.go(`${people}/me/factors/totp`),
      await at.go(`${people}/me/factors/password`),
      await at.go(`${people}/sign-in?step_up=1&acr=aal2&max_age=1`),
    ];
    for (const { headers, text } of pages) {
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/form-action 'self'( http:\/\/localhost:\d+)?;/);
      expect(policy).toContain("base-uri 'none'");
      expect(headers["x-frame-options"]).toBe("DENY");
      expect(headers["cache-control"]).toBe("no-store");
      expect(text).toContain("<h1>");
    }
  });
});

describe("a code app whose clock is wrong", () => {
  const late = async (name: string, seconds: number): Promise<Page> => {
    const person = await enrolled(shop, name, true);
    await passOn(shop, 60_000);
    const code = await person.code();
    const at = browser();
    const page = await giveName(at, await at.go(`${shop.people}/sign-in?acr=aal2`), name);
    await passOn(shop, seconds * 1_000);
    return await at.submit(page, filled(page, "/sign-in/code", { code }));
  };

  it("by one step is believed", async () => {
    expect((await late("bea", 30)).url).toBe(`${shop.people}/me/protection`);
  });

  it("by more is not, however long ago the code was shown", async () => {
    expect((await late("cai", 90)).status).toBe(401);
  });
});

describe("a mail server that is down", () => {
  it("keeps nobody from signing in, and lets nobody in by less", async () => {
    const person = await enrolled(shop, "dee", true);
    const at = browser();
    const page = await giveName(at, await at.go(`${shop.gateway}/reports`), "dee");
    expect(page.text).not.toContain("application at");
    const there = await at.submit(page, filled(page, "/sign-in/code", { code: await person.code() }));
    expect(there.text).toContain("application at");
  });
});
