import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browser, must, type Organisation } from "../people/running.ts";
import { enrolled, events, filled, giveName, passOn, startShop } from "./account.ts";

let shop: Organisation;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(async () => await shop.stop());

const cookie = (at: ReturnType<typeof browser>, origin: string, name: string): string =>
  at.jar.get(origin)?.get(name) ?? "";

describe("signing in with Postern", () => {
  it("leads from a page of the application to the sign-in and back to that page", async () => {
    const { name } = await enrolled(shop, "ana", true);
    const at = browser();
    const page = await at.go(`${shop.gateway}/catalogue?q=lamp`);
    expect(page.url.startsWith(`${shop.people}/sign-in?`)).toBe(true);
    expect(page.text).toContain('autocomplete="current-password"');
    const back = await giveName(at, page, name);
    expect(back.url).toBe(`${shop.gateway}/catalogue?q=lamp`);
    expect(back.text).toBe("application at /catalogue?q=lamp");
    expect((await at.go(`${shop.people}/me/protection`)).status).toBe(200);
    const { items } = must(
      await shop.service.sessions.list(shop.admin, { limit: 50, subject: { type: "user", id: name } }),
    );
    expect(items[0]).toMatchObject({ acr: "aal1", amr: ["pwd"], registeredBy: "postern" });
  });

  it("steps up in the same session, with another secret in both places, and goes back to the same page", async () => {
    const person = await enrolled(shop, "bea", true);
    const at = browser();
    await giveName(at, await at.go(`${shop.gateway}/catalogue`), "bea");
    const before = [cookie(at, shop.gateway, "__Host-postern"), cookie(at, shop.people, "__Host-postern-me")];
    const session = shop.service.sessions.bySecret(before[0] ?? "");
    const asked = await at.go(`${shop.gateway}/reports/monthly?year=2026`);
    expect(asked.text).toContain("Show that it is you");
    expect(asked.text).toContain('autocomplete="one-time-code"');
    const from = shop.service.ledger.size();
    const code = await person.code();
    // The password is a moment old and still counts: the code alone is missing.
    const back = await at.submit(asked, filled(asked, "/sign-in/code", { code }));
    expect(back.text).toBe("application at /reports/monthly?year=2026");
    expect(await events(shop, from)).toEqual(["factor.used", "session.raised"]);
    const after = [cookie(at, shop.gateway, "__Host-postern"), cookie(at, shop.people, "__Host-postern-me")];
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(shop.service.sessions.bySecret(before[0] ?? "")).toBeNull();
    const raised = shop.service.sessions.bySecret(after[0] ?? "");
    expect(raised).toMatchObject({ id: session?.id, acr: "aal2", amr: ["mfa", "otp", "pwd"] });
    expect(raised?.authTime).toBe(session?.authTime);
  });

  it("asks for everything anew where a fresh step is needed, and moves the time of authentication", async () => {
    const person = await enrolled(shop, "cai", true);
    const at = browser();
    const page = await at.go(`${shop.gateway}/payouts`);
    const second = await giveName(at, page, "cai");
    expect(second.text).toContain('autocomplete="one-time-code"');
    const there = await at.submit(second, filled(second, "/sign-in/code", { code: await person.code() }));
    expect(there.text).toBe("application at /payouts");
    await passOn(shop, 6 * 60_000);
    const again = await at.go(`${shop.gateway}/payouts`);
    expect(again.text).toContain("needs you to show again that it is you");
    // A code alone does not make the password fresh.
    const more = await at.submit(again, filled(again, "/sign-in/code", { code: await person.code() }));
    expect(more.text).toContain('autocomplete="current-password"');
    const back = await giveName(at, more, "");
    expect(back.text).toBe("application at /payouts");
  });

  it("hands the gateway its own handle of a session that began at the people's pages", async () => {
    await enrolled(shop, "dee", false);
    const at = browser();
    const mine = await giveName(at, await at.go(`${shop.people}/me/protection`), "dee");
    expect(mine.url).toBe(`${shop.people}/me/protection`);
    const there = await at.go(`${shop.gateway}/catalogue`);
    expect(there.text).toBe("application at /catalogue");
  });

  it("can be cancelled, which changes nothing and is no loop", async () => {
    await enrolled(shop, "eli", true);
    const at = browser();
    await giveName(at, await at.go(`${shop.gateway}/catalogue`), "eli");
    const asked = await at.go(`${shop.gateway}/reports`);
    const left = await at.submit(asked, filled(asked, "/sign-in/cancel", {}));
    expect(left.text).toContain("You did not go on");
    expect(left.text).toContain(`href="${shop.gateway}/"`);
    expect((await at.go(`${shop.gateway}/catalogue`)).text).toBe("application at /catalogue");
  });

  it("says plainly that an account has no second step, and where to add one, instead of asking for ever", async () => {
    await enrolled(shop, "fay", false);
    const at = browser();
    const page = await at.go(`${shop.gateway}/reports`);
    const after = await giveName(at, page, "fay");
    expect(after.url).toBe(`${shop.people}/me/factors`);
    const again = await at.go(`${shop.gateway}/reports`);
    expect(again.status).toBe(403);
    expect(again.text).toContain("You need another way to sign in first");
  });

  it("ends with signing out, at both places", async () => {
    await enrolled(shop, "gil", false);
    const at = browser();
    await giveName(at, await at.go(`${shop.gateway}/catalogue`), "gil");
    const page = await at.go(`${shop.people}/me/factors`);
    expect((await at.submit(page, filled(page, "/sign-out", {}))).text).toContain("You are signed out");
    expect((await at.go(`${shop.gateway}/catalogue`)).url).toContain("/sign-in?");
  });

  it("counts every prompt by how it ended, without a name", async () => {
    const response = await fetch(`${shop.control}/metrics`, {
      headers: { authorization: `Bearer ${shop.token}` },
    });
    const text = await response.text();
    expect(text).toMatch(
      /postern_prompts_total\{prompt="sign-in",control="authentication",reason="no_session",outcome="met"\} \d+/,
    );
    expect(text).toMatch(
      /postern_prompts_total\{prompt="step-up",control="step-up",reason="assurance_too_low",outcome="cancelled"\} 1/,
    );
    expect(text).not.toMatch(/\bana\b/);
  });
});
