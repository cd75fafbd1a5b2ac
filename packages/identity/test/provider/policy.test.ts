import * as relying from "openid-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, browser, must, type Page } from "../../../server/test/people/running.ts";
import { enrolled, events, filled, giveName, POLICY, passOn } from "../../../server/test/sign-in/account.ts";
import { errorOf, type Provided, silently, startProvided, visit } from "./client.ts";

const protection = (more: string, when = "true"): string => `${POLICY}
---
kind: Protection
name: shop-client
owner: web
mode: enforce
resources: ["client:shop"]
actions: [sign-in]
permit: [{ name: some, when: "${when}" }]
${more}
signIn: { url: postern }
`;
const STEP_UP = protection("require: { assurance: aal1, stepUp: { assurance: aal2 } }");
const OFFER = `
---
kind: Offer
name: shop-without-a-code
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [sign-in], resources: ["client:shop"] }
downTo: aal1
length: { default: P7D, max: P30D, total: P90D }
review: { every: P30D }
disclosure:
  en:
    version: 1
    title: Open the shop without a code
    stops: We stop asking for a code when you open the shop.
    protects: You still sign in with your password.
    until: It ends on the day you choose, in 30 days at most.
    undo: Turn it back on at any time, here, with one click.
`;

let provided: Provided;
beforeAll(async () => {
  provided = await startProvided();
});
afterAll(async () => await provided.stop());

type Tokens = Awaited<ReturnType<typeof relying.authorizationCodeGrant>>;

async function tokensOf(at: Browser, more: Readonly<Record<string, string>> = {}): Promise<Tokens> {
  const asked = await visit(provided, provided.config, more);
  return await asked.tokens(await at.go(asked.url));
}

async function sessionOf(name: string) {
  const { service, admin } = provided.shop;
  const found = must(
    await service.sessions.list(admin, { limit: 50, subject: { type: "user", id: name } }),
  ).items.find(({ state }) => state === "live");
  const session = service.sessions.byId(found?.id ?? "");
  if (session === null) throw new Error("expected a session that lives");
  return session;
}

describe("a client that policy protects", () => {
  it("is as it was where no Protection speaks of it", async () => {
    await enrolled(provided.shop, "ana", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const there = await giveName(at, await at.go(asked.url), "ana");
    expect((await asked.tokens(there)).claims()?.acr).toBe("aal1");
  });

  it("is signed in for at the level that policy requires, though it asked for none", async () => {
    await provided.shop.publish(STEP_UP);
    const person = await enrolled(provided.shop, "bea", true);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const second = await giveName(at, await at.go(asked.url), "bea");
    expect(second.text).toContain('autocomplete="one-time-code"');
    const there = await at.submit(second, filled(second, "/sign-in/code", { code: await person.code() }));
    expect((await asked.tokens(there)).claims()?.acr).toBe("aal2");
    const next = await visit(provided, provided.config);
    expect((await next.tokens(await at.go(next.url))).claims()?.acr).toBe("aal2");
  });

  it("gets an answer, and no loop, where the account cannot reach what policy requires", async () => {
    await enrolled(provided.shop, "cai", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const there = await giveName(at, await at.go(asked.url), "cai");
    expect(errorOf(there)).toBe("unmet_authentication_requirements");
    expect(errorOf(await silently(provided, at))).toBe("login_required");
  });

  it("is asked for nothing more where an opt-out lowers it: `acr` and `auth_time` stay the truth", async () => {
    const { shop } = provided;
    await shop.publish(STEP_UP + OFFER);
    const person = await enrolled(shop, "dee", true);
    // Chosen in a session that proved itself fully.
    const strong = browser();
    const opened = await giveName(strong, await strong.go(`${shop.people}/sign-in?acr=aal2`), "dee");
    await strong.submit(opened, filled(opened, "/sign-in/code", { code: await person.code() }));
    const caller = { kind: "session", session: await sessionOf("dee") } as const;
    const { optOuts } = shop.service;
    const { id } = must(await optOuts.request(caller, { offer: "shop-without-a-code" }));
    const { hash } = must(await optOuts.disclosure(caller, id, ["en"]));
    must(await optOuts.consent(caller, id, { disclosure: hash, locale: "en" }));
    await passOn(shop, 60_000);

    const at = browser();
    const size = shop.service.ledger.size();
    const asked = await visit(provided, provided.config);
    const tokens = await asked.tokens(await giveName(at, await at.go(asked.url), "dee"));
    const time = tokens.claims()?.auth_time;
    expect(tokens.claims()).toMatchObject({ acr: "aal1", amr: ["pwd"] });
    // The record of the honour comes before the code.
    expect((await events(shop, size)).filter((type) => type === "decision.honoured")).toHaveLength(1);
    expect((await tokensOf(at, { acr_values: "aal2" })).claims()).toMatchObject({
      acr: "aal1",
      auth_time: time,
    });
    // What the client must have is not the opt-out's to lower.
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ["aal2"] } } });
    const essential: Page = await at.go((await visit(provided, provided.config, { claims })).url);
    expect(essential.text).toContain('autocomplete="one-time-code"');
    await passOn(shop, 120_000);
    const fresh = await at.go((await visit(provided, provided.config, { max_age: "60" })).url);
    expect(fresh.url.startsWith(`${shop.people}/sign-in`)).toBe(true);

    must(await optOuts.revoke(caller, id, {}));
    const again = await at.go((await visit(provided, provided.config)).url);
    expect(again.text).toContain('autocomplete="one-time-code"');
  });

  it("is refused where policy permits nobody", async () => {
    const { shop } = provided;
    await shop.publish(protection("require: { assurance: aal1 }", "false"));
    await enrolled(shop, "eli", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    expect(errorOf(await giveName(at, await at.go(asked.url), "eli"))).toBe("access_denied");
  });
});

describe("a refresh", () => {
  const refreshed = async (token: string | undefined): Promise<Tokens> =>
    await relying.refreshTokenGrant(provided.config, token ?? "");

  it("asks policy again: what is not permitted any more hands out nothing, and uses nothing up", async () => {
    const { shop } = provided;
    await shop.publish(POLICY);
    await enrolled(shop, "fay", false);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const first = await asked.tokens(await giveName(at, await at.go(asked.url), "fay"));
    const second = await refreshed(first.refresh_token);
    await shop.publish(protection("require: { assurance: aal1 }", "false"));
    await expect(refreshed(second.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    await shop.publish(protection("require: { assurance: aal1 }"));
    expect((await refreshed(second.refresh_token)).access_token).not.toBe("");
  });

  it("is judged by what its token says, so a step-up since then does not lift it", async () => {
    const { shop } = provided;
    await shop.publish(POLICY);
    const person = await enrolled(shop, "gil", true);
    const at = browser();
    const asked = await visit(provided, provided.config);
    const weak = await asked.tokens(await giveName(at, await at.go(asked.url), "gil"));
    const more = await visit(provided, provided.config, { acr_values: "aal2" });
    const page = await at.go(more.url);
    const strong = await more.tokens(
      await at.submit(page, filled(page, "/sign-in/code", { code: await person.code() })),
    );
    await shop.publish(STEP_UP);
    await expect(refreshed(weak.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
    expect((await refreshed(strong.refresh_token)).claims()?.acr).toBe("aal2");
  });
});
