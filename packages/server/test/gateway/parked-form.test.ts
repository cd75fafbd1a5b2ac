import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Browser, browser, type Organisation, type Page } from "../people/running.ts";
import { enrolled, filled, giveName, type Person, POLICY, passOn, startShop } from "../sign-in/account.ts";

let shop: Organisation;
let ana: Person;
let bob: Person;

beforeAll(async () => {
  shop = await startShop();
  ana = await enrolled(shop, "ana", true);
  bob = await enrolled(shop, "bob", true);
}, 60_000);
afterAll(async () => await shop.stop());
beforeEach(() => {
  shop.requests.length = 0;
});

const BODY = "payee=Sail+%26+sons&amount=120.50&note=%E2%82%AC&note=twice";
const URLENCODED = "application/x-www-form-urlencoded";

/** What a browser sends when a person presses a button of a form on a page of the application. */
const send = (
  at: Browser,
  body: string = BODY,
  headers: Readonly<Record<string, string | undefined>> = {},
  path = "/payouts?tab=2",
): Promise<Page> =>
  at.submit(
    { url: `${shop.gateway}/payouts/new`, status: 200, headers: {}, text: "" },
    { action: path, fields: {}, tail: body },
    { referer: `${shop.gateway}/payouts/new?draft=1`, ...headers },
  );

const ahead = (page: Page): string => String(page.headers.refresh ?? "").replace(/^0; url=/, "");
const goOn = async (at: Browser, page: Page): Promise<Page> =>
  await at.go(new URL(ahead(page), shop.gateway).href);
const forms = () => shop.requests.filter(({ method }) => method === "POST");

/** Somebody who signed in with a password alone. */
async function signedIn(person: Person): Promise<Browser> {
  const at = browser();
  await giveName(at, await at.go(`${shop.gateway}/catalogue`), person.name);
  shop.requests.length = 0;
  return at;
}

async function stepUp(at: Browser, page: Page, person: Person): Promise<Page> {
  return await at.submit(page, filled(page, "/code", { code: await person.code() }));
}

/** The address of the form that waits, as the way back from a sign-in carries it. */
function waiting(page: Page): string {
  const back = new URL(ahead(page), shop.gateway).searchParams.get("return") ?? "";
  return `${shop.gateway}${back}`;
}

describe("a form that needs a step-up", () => {
  it("is sent once the step is taken: the same method, address, type and body, asked about anew", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    expect(kept.status).toBe(401);
    expect(kept.headers["www-authenticate"]).toContain("insufficient_user_authentication");
    expect(forms()).toEqual([]);
    const page = await goOn(at, kept);
    expect(page.text).toContain("Show that it is you");
    const done = await stepUp(at, page, ana);
    expect(done.url).toBe(`${shop.gateway}/payouts?tab=2`);
    expect(done.text).toContain("application at /payouts?tab=2");
    expect(forms()).toHaveLength(1);
    const [sent] = forms();
    expect(sent?.body.toString()).toBe(BODY);
    expect(sent?.headers).toMatchObject({
      "content-type": URLENCODED,
      "content-length": String(BODY.length),
      origin: shop.gateway,
      referer: `${shop.gateway}/payouts/new?draft=1`,
      "sec-fetch-site": "same-origin",
    });
    const { acr } = JSON.parse(Buffer.from(sent?.assertion?.split(".")[1] ?? "", "base64url").toString()) as {
      readonly acr: string;
    };
    expect(acr).toBe("aal2");
    expect(done.headers["cache-control"]).toBe("no-store");
  });

  it("keeps every byte of a form with files", async () => {
    const at = await signedIn(ana);
    const type = "multipart/form-data; boundary=edge";
    const body = `--edge\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n\u0000\u0001ü\r\n--edge--\r\n`;
    await stepUp(at, await goOn(at, await send(at, body, { "content-type": type })), ana);
    expect(forms()[0]?.body).toEqual(Buffer.from(body));
    expect(forms()[0]?.headers["content-type"]).toBe(type);
  });

  it("is sent once: a reload is a plain visit, and the way back a second time sends nothing", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await stepUp(at, await goOn(at, kept), ana);
    expect((await at.go(`${shop.gateway}/payouts?tab=2`)).text).toContain("application at");
    const again = await at.go(waiting(kept));
    expect(again.status).toBe(410);
    expect(again.text).toContain("Nothing was sent just now");
    expect(again.text).toContain('href="/payouts/new?draft=1"');
    expect(forms()).toHaveLength(1);
  });

  it("is sent once though two visits ask for it at the same moment", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await stepUp(at, await at.go(`${shop.gateway}/payouts`), ana);
    const before = await at.step(waiting(kept));
    expect(before.status).toBe(303);
    const both = await Promise.all([1, 2].map(() => at.step(`${shop.gateway}/payouts?tab=2`)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect(forms()).toHaveLength(1);
  });

  it("is thrown away when the person cancels, who goes back to the page that it came from", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    const page = await goOn(at, kept);
    const cancelled = await at.submit(page, filled(page, "/sign-in/cancel", {}));
    expect(cancelled.text).toContain(`href="${shop.gateway}/payouts/new?draft=1"`);
    await stepUp(at, await at.go(`${shop.gateway}/payouts`), ana);
    expect((await at.go(waiting(kept))).status).toBe(410);
    expect(forms()).toEqual([]);
  });

  it("asks before it goes on when the step took long, shows what was filled in but no secret, and can be taken back", async () => {
    const at = await signedIn(ana);
    const kept = await send(at, "payee=%3Cb%3ESail&password=hunter2hunter2");
    await goOn(at, kept);
    await passOn(shop, 4 * 60_000);
    const asked = await stepUp(at, await goOn(at, kept), ana);
    expect(asked.text).toContain("&lt;b&gt;Sail");
    expect(asked.text).not.toContain("hunter2");
    expect(forms()).toEqual([]);
    const form = filled(asked, "/.postern/parked-form", {});
    const sending = await at.submit(asked, { ...form, fields: { ...form.fields, act: "send" } });
    await goOn(at, sending);
    expect(forms()[0]?.body.toString()).toContain("hunter2");
    const second = await send(at, "payee=x", {}, "/payouts/other");
    expect(second.text).toContain("application at");
  });

  it("waits for ten minutes and no longer, and says so with the way back", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await passOn(shop, 601_000);
    const late = await at.go(waiting(kept));
    expect(late.status).toBe(410);
    expect(late.text).toContain('href="/payouts/new?draft=1"');
  });

  it("goes nowhere by itself when the step was not enough: nothing is sent, and the form still waits", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    const on = await at.go(waiting(kept));
    expect(on.status).toBe(401);
    expect(on.headers.refresh).toBeUndefined();
    expect(on.text).toContain("Nothing was sent");
    expect(forms()).toEqual([]);
    await stepUp(at, await goOn(at, kept), ana);
    expect(forms()).toHaveLength(1);
  });

  it("is sent for whoever signs in in the same browser only once they have seen it", async () => {
    const at = browser();
    const kept = await send(at);
    const name = await giveName(at, await goOn(at, kept), "ana");
    const asked = await stepUp(at, name, ana);
    expect(asked.text).toContain("Sail &amp; sons");
    expect(forms()).toEqual([]);
    const form = filled(asked, "/.postern/parked-form", {});
    await goOn(at, await at.submit(asked, { ...form, fields: { ...form.fields, act: "send" } }));
    expect(forms()).toHaveLength(1);
  });
});

describe("what changed while a form waited", () => {
  it("counts: a form that is not permitted any more is not sent, and is thrown away", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await stepUp(at, await at.go(`${shop.gateway}/payouts`), ana);
    const [open, payouts = ""] = POLICY.split("name: payouts");
    await shop.publish(`${open}name: payouts${payouts.replace('when: "true"', 'when: "false"')}`);
    const denied = await at.go(waiting(kept));
    expect(denied.status).toBe(403);
    await shop.publish(POLICY);
    expect((await at.go(waiting(kept))).status).toBe(410);
    expect(forms()).toEqual([]);
  });

  it("counts: a form of a session that has ended is not sent, by whoever signs in next", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await at.submit(
      { url: `${shop.gateway}/`, status: 200, headers: {}, text: "" },
      { action: "/.postern/session/end", fields: {} },
    );
    const name = await giveName(at, await at.go(`${shop.gateway}/reports`), "ana");
    await stepUp(at, name, ana);
    expect((await at.go(waiting(kept))).status).toBe(410);
    expect((await forgedVisit(at, kept)).status).toBe(410);
    expect(forms()).toEqual([]);
  });
});

describe("a form that the application asks for at another address", () => {
  const moved = (status: number, to: string): string =>
    `/payouts?moved=${status}&to=${encodeURIComponent(to)}`;
  const tried = async (path: string): Promise<Page> => {
    const at = await signedIn(ana);
    return await stepUp(at, await goOn(at, await send(at, BODY, {}, path)), ana);
  };

  it.each([
    [307, "/payouts/moved?x=1", "/payouts/moved?x=1"],
    [308, "payouts/moved?x=1", "/payouts/moved?x=1"],
    [307, moved(308, "/payouts/third"), "/payouts/third"],
  ])("goes there with every byte, decided anew: %i %s", async (status, to, end) => {
    const done = await tried(moved(status, to));
    expect(done.url).toBe(`${shop.gateway}${end}`);
    expect(forms().at(-1)?.url).toBe(end);
    expect(new Set(forms().map(({ body }) => body.toString()))).toEqual(new Set([BODY]));
    expect(new Set(forms().map(({ headers }) => headers["decision-id"])).size).toBe(forms().length);
    expect(forms().at(-1)?.headers.cookie).toContain("moved=1");
    expect(forms().at(-1)?.headers.cookie ?? "").not.toContain("stolen");
  });

  it("is not sent where the new address is not theirs", async () => {
    const page = await tried(moved(307, "/nobody-governs-this"));
    expect(page.status).toBe(403);
    expect(forms()).toHaveLength(1);
  });

  it.each([
    "https://elsewhere.test/payouts",
    "//elsewhere.test/payouts",
    "/\\elsewhere.test",
    "javascript:1",
    "/.postern/session/end",
    "/a/..%2f.postern/session/end",
    "",
  ])("is not carried out of this site, nor to the gate's own pages: %s", async (to) => {
    const page = await tried(moved(307, to));
    expect(page.status).toBe(502);
    expect(page.text).toContain("did not take it there");
    expect(new URL(page.url).origin).toBe(shop.gateway);
    expect(forms()).toHaveLength(1);
  });
});

describe("a form that is not kept", () => {
  it("is too large: nothing was sent, and the page says so", async () => {
    const at = await signedIn(ana);
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const answer = await send(at, `a=${"x".repeat(262_143)}`, headers);
      expect(answer.status).toBe(413);
      expect(answer.text).toContain("Nothing was sent");
      expect(answer.headers.refresh).toBeUndefined();
    }
    expect((await send(at, `a=${"x".repeat(262_142)}`)).headers.refresh).toBeDefined();
    expect(forms()).toEqual([]);
  });

  it("comes from another site, whichever header says so", async () => {
    const at = await signedIn(ana);
    for (const headers of [
      { origin: "https://elsewhere.test", "sec-fetch-site": "cross-site" },
      { origin: shop.gateway, "sec-fetch-site": "cross-site" },
      { origin: shop.gateway, "sec-fetch-site": "same-site" },
      { origin: "https://elsewhere.test", "sec-fetch-site": "same-origin" },
      { origin: "https://elsewhere.test", "sec-fetch-site": undefined },
      { origin: "null", "sec-fetch-site": undefined },
      { origin: undefined, "sec-fetch-site": undefined },
      { origin: shop.people, "sec-fetch-site": "same-site" },
    ]) {
      const answer = await send(at, BODY, headers);
      expect(answer.status).toBe(401);
      expect(answer.headers.refresh).toBeUndefined();
      expect(answer.text).not.toContain("parked-form");
    }
  });

  it("is in a frame, or is no form: a script and a program get a plain answer", async () => {
    const at = await signedIn(ana);
    for (const headers of [
      { "sec-fetch-dest": "iframe" },
      { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
      { "content-type": "application/json" },
      { "content-encoding": "gzip" },
    ]) {
      expect((await send(at, BODY, headers)).headers.refresh).toBeUndefined();
    }
  });

  it("is one of too many that wait for one person", async () => {
    const at = await signedIn(bob);
    const all: number[] = [];
    for (let count = 0; count < 10; count++) all.push((await send(at)).status);
    expect(all.slice(0, 8)).toEqual(Array(8).fill(401));
    expect(all.slice(8)).toEqual([429, 429]);
  });
});

describe("whoever tries to go on with what is not theirs", () => {
  it("cannot with another session, though they know the address; its owner can", async () => {
    const [hers, his] = [await signedIn(ana), browser()];
    const kept = await send(hers);
    await stepUp(his, await giveName(his, await his.go(`${shop.gateway}/reports`), "bob"), bob);
    const asked = await his.go(waiting(kept));
    expect(asked.status).toBe(410);
    const cookie = await forgedVisit(his, kept);
    expect(cookie.status).toBe(410);
    expect(forms()).toEqual([]);
    await stepUp(hers, await goOn(hers, kept), ana);
    expect(forms()).toHaveLength(1);
  });

  it("cannot make another browser send what they filled in without a sign-in", async () => {
    const [his, hers] = [browser(), await signedIn(ana)];
    const kept = await send(his);
    await stepUp(hers, await hers.go(`${shop.gateway}/reports`), ana);
    expect((await hers.go(waiting(kept))).status).toBe(410);
    expect((await forgedVisit(hers, kept)).status).toBe(410);
    expect(forms()).toEqual([]);
  });

  it("cannot send it to another address, nor by another method, nor from a page ahead of time", async () => {
    const at = await signedIn(ana);
    const kept = await send(at);
    await stepUp(at, await at.go(`${shop.gateway}/payouts`), ana);
    const on = await at.step(waiting(kept));
    expect(on.headers.location).toBe("/payouts?tab=2");
    const jar = at.jar.get(shop.gateway);
    const cookie = jar?.get("__Host-postern-form") ?? "";
    await at.step(`${shop.gateway}/payouts?tab=3`);
    await at.step(`${shop.gateway}/payouts`);
    await at.step(`${shop.gateway}/payouts?tab=2`, { "sec-purpose": "prefetch" });
    await at.step(`${shop.gateway}/payouts?tab=2`, { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" });
    await at.step(`${shop.gateway}/payouts?tab=2`, { "sec-fetch-dest": "iframe" });
    expect(forms()).toEqual([]);
    // The place in the cookie is no secret: it only says which visit is meant, and the form keeps its own address.
    const place = createHash("sha256").update("/catalogue").digest("base64url").slice(0, 22);
    jar?.set("__Host-postern-form", `${cookie.split(".")[0]}.${place}`);
    expect((await at.step(`${shop.gateway}/catalogue`)).status).toBe(410);
    expect(forms()).toEqual([]);
    jar?.set("__Host-postern-form", cookie);
    await at.step(`${shop.gateway}/payouts?tab=2`);
    expect(forms()).toHaveLength(1);
  });

  it("cannot smuggle headers of a form into it, nor of the visit", async () => {
    const at = await signedIn(ana);
    const kept = await send(at, BODY, { "x-http-method-override": "DELETE", "x-forwarded-user": "olga" });
    await stepUp(at, await at.go(`${shop.gateway}/payouts`), ana);
    await at.step(waiting(kept));
    await at.step(`${shop.gateway}/payouts?tab=2`, {
      "postern-assertion": "forged",
      "x-http-method-override": "DELETE",
      "content-type": "application/json",
      "if-match": "x",
      range: "bytes=0-1",
      "x-anything": "1",
    });
    const [sent] = forms();
    expect(sent?.headers["content-type"]).toBe(URLENCODED);
    for (const name of ["x-http-method-override", "x-forwarded-user", "if-match", "range", "x-anything"]) {
      expect(sent?.headers[name]).toBeUndefined();
    }
    expect(sent?.assertion).not.toBe("forged");
    expect(sent?.headers.cookie ?? "").not.toContain("__Host-postern");
  });

  it("cannot have another site press the button that sends it", async () => {
    const at = browser();
    const kept = await send(at);
    const asked = await stepUp(at, await giveName(at, await goOn(at, kept), "ana"), ana);
    const form = filled(asked, "/.postern/parked-form", {});
    for (const headers of [
      { origin: "https://elsewhere.test", "sec-fetch-site": "cross-site" },
      { origin: undefined, "sec-fetch-site": undefined },
    ]) {
      const forged = await at.submit(asked, { ...form, fields: { ...form.fields, act: "send" } }, headers);
      expect(forged.status).toBe(403);
    }
    expect(forms()).toEqual([]);
  });

  it("cannot lead anybody to another site by the way back", async () => {
    const at = await signedIn(ana);
    for (const from of ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test", "javascript:1"]) {
      const gone = await at.go(
        `${shop.gateway}/.postern/parked-form?id=${"a".repeat(43)}&from=${encodeURIComponent(from)}`,
      );
      expect(gone.status).toBe(410);
      expect(gone.text).not.toContain("elsewhere.test");
      expect(gone.text).not.toContain("javascript:");
    }
  });
});

/** A visit to the form's own address with a cookie that says to send it. */
async function forgedVisit(at: Browser, kept: Page): Promise<Page> {
  const id = new URL(waiting(kept)).searchParams.get("id") ?? "";
  const place = createHash("sha256").update("/payouts?tab=2").digest("base64url").slice(0, 22);
  at.jar.get(shop.gateway)?.set("__Host-postern-form", `${id}.${place}`);
  return await at.step(`${shop.gateway}/payouts?tab=2`);
}
