import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Browser,
  browser,
  formsOf,
  formTo,
  must,
  type Organisation,
  type Page,
  startOrganisation,
  TIMED_POLICY,
} from "./running.ts";

const MINUTE = 60_000;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

let shop: Organisation;
beforeAll(async () => {
  shop = await startOrganisation(TIMED_POLICY);
});
afterAll(async () => await shop.stop());

interface Person {
  readonly at: Browser;
  readonly id: string;
}
let people = 0;

/** Somebody new each time, so that each rule begins with nothing. */
const somebody = (): string => {
  people += 1;
  return `person-${people}`;
};

async function signIn(name: string, device?: string): Promise<Person> {
  const { id, secret } = await shop.register(name, "aal2", {
    minutes: 600,
    ...(device === undefined ? {} : { device }),
  });
  const at = browser();
  at.jar.set(shop.gateway, new Map([["__Host-postern", secret]]));
  return { at, id };
}
const open = ({ at }: Person, path: string): Promise<Page> =>
  at.go(`${shop.people}${path}`, { "user-agent": FIREFOX });
const sessions = (person: Person): Promise<Page> => open(person, "/me/sessions");
const timeOut = (person: Person): Promise<Page> => open(person, "/me/protection/time-out");
const stateOf = async (id: string): Promise<string> =>
  must(await shop.service.sessions.get(shop.admin, id)).state;
const words = ({ text }: Page): string =>
  text
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

async function choose(person: Person, name: string): Promise<Page> {
  const page = await open(person, `/me/protection/offers/${name}`);
  return await person.at.submit(page, formTo(page, `/offers/${name}`));
}
async function alone(person: Person): Promise<void> {
  const page = await timeOut(person);
  await person.at.submit(page, formTo(page, "/time-out/alone"));
}
const chosen = async (name: string): Promise<readonly string[]> =>
  must(
    await shop.service.optOuts.list(shop.admin, { limit: 20, subject: { type: "user", id: name } }),
  ).items.map((one) => `${one.offer} ${one.state}`);

describe("where a person is signed in", () => {
  it("begins with this browser, in words, with its ends and what set them", async () => {
    const name = somebody();
    const here = await signIn(name);
    await signIn(name);
    await sessions(here);
    const page = await sessions(here);
    expect(page.status).toBe(200);
    const text = words(page);
    expect(text.indexOf("This browser")).toBeLessThan(text.indexOf("Other places"));
    expect(text).toContain("Firefox on Linux");
    expect(text).toContain("The machine that this runs on");
    expect(text).toContain("15 minutes without activity, set by your organisation");
    expect(text).not.toContain("127.0.0.1");
    expect(text.toLowerCase()).not.toMatch(/session|token|authentication/);
    expect(page.text).not.toMatch(/<script/);
  });

  it("lets them end one, all others, and the one that they are in", async () => {
    const name = somebody();
    const [here, one, two, three] = await Promise.all([1, 2, 3, 4].map(() => signIn(name)));
    if (here === undefined || one === undefined || two === undefined || three === undefined)
      throw new Error();
    let page = await sessions(here);
    page = await here.at.submit(page, formTo(page, `${one.id}/end`));
    expect(await stateOf(one.id)).toBe("revoked");
    expect(words(page)).toContain("You signed it out");
    page = await here.at.submit(page, formTo(page, "/end-others"));
    expect(await Promise.all([two, three].map(({ id }) => stateOf(id)))).toEqual(["revoked", "revoked"]);
    expect(words(page)).toContain("You are signed in nowhere else.");
    page = await here.at.submit(page, formTo(page, `${here.id}/end`));
    expect(words(page)).toContain("You are signed out");
    expect(await stateOf(here.id)).toBe("revoked");
    expect((await open(here, "/me/sessions")).text).not.toContain("This browser");
  });

  it("answers for somebody else's as if it did not exist", async () => {
    const here = await signIn(somebody());
    const other = await signIn(somebody());
    const page = await sessions(here);
    expect(page.text).not.toContain(other.id);
    for (const act of ["end", "disown"]) {
      const mine = await here.at.submit(page, {
        action: `/me/sessions/${other.id}/${act}`,
        fields: formTo(await sessions(here), `${here.id}/end`).fields,
      });
      expect(mine.status).toBe(409);
    }
    expect(await stateOf(other.id)).toBe("live");
    const caller = { kind: "session", session: must2(shop.service.sessions.byId(here.id)) } as const;
    expect(await shop.service.sessions.revoke(caller, other.id)).toMatchObject({
      refusal: { code: "not_found" },
    });
  });

  it("takes no form from elsewhere, and none twice", async () => {
    const name = somebody();
    const here = await signIn(name);
    const there = await signIn(name);
    const page = await sessions(here);
    const form = formTo(page, `${there.id}/end`);
    const foreign = await here.at.submit(page, form, {
      origin: "https://evil.example",
      "sec-fetch-site": "cross-site",
    });
    expect(foreign.status).toBe(403);
    expect(await stateOf(there.id)).toBe("live");
    expect((await here.at.submit(page, form)).status).toBe(200);
    expect((await here.at.submit(page, form)).status).toBe(409);
  });

  it("goes on over pages, and what has ended stays there with how", async () => {
    const name = somebody();
    const here = await signIn(name);
    for (let at = 0; at < 24; at++) {
      const { id } = await signIn(name);
      if (at < 22) must(await shop.service.sessions.revoke(shop.admin, id));
    }
    const page = await sessions(here);
    expect(words(page).match(/Your organisation ended it/g)).toHaveLength(20);
    const older = /href="(\/me\/sessions\?over=[^"]+)"/.exec(page.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(words(await open(here, older)).match(/Your organisation ended it/g)).toHaveLength(2);
  });
});

function must2<Value>(value: Value | null): Value {
  if (value === null) throw new Error("expected something");
  return value;
}

describe("one that they do not recognise", () => {
  it("ends, their opt-outs are suspended, and they are told what to do and how it comes back", async () => {
    const name = somebody();
    const here = await signIn(name);
    const there = await signIn(name);
    await alone(here);
    await choose(here, "hour");
    const page = await sessions(here);
    expect(formsOf(page).some(({ action }) => action.endsWith(`${here.id}/disown`))).toBe(false);
    const told = await here.at.submit(page, formTo(page, `${there.id}/disown`));
    expect(told.url).toMatch(/\/me\/sessions\/unrecognised$/);
    expect(words(told)).toContain("One thing that you had turned off is on again");
    expect(words(told)).toContain("choose it again");
    expect(await stateOf(there.id)).toBe("revoked");
    expect(await chosen(name)).toEqual(["hour suspended"]);
    const after = await sessions(here);
    expect(words(after)).toContain("You did not recognise it");
    expect(formsOf(after).map(({ action }) => action)).not.toContain(`/me/sessions/${there.id}/disown`);
    expect((await choose(here, "hour")).url).toMatch(/\/done$/);
    expect((await chosen(name)).toSorted()).toEqual(["hour active", "hour revoked"]);
  });
});

describe("when being away signs a person out", () => {
  it("is said on their pages and at the sign-in", async () => {
    const here = await signIn(somebody());
    expect(words(await open(here, "/me/protection"))).toContain(
      "You will be signed out after 15 minutes without activity.",
    );
    const nobody = await browser().go(`${shop.people}/sign-in`);
    expect(words(nobody)).toContain("You will be signed out after 15 minutes without activity.");
  });

  it("is one group of choices, longer ones alone, with the usual one chosen", async () => {
    const here = await signIn(somebody());
    const list = await open(here, "/me/protection");
    expect(list.text).toContain('href="/me/protection/time-out"');
    expect(list.text).not.toContain("/offers/hour");
    const text = words(await timeOut(here));
    expect(text).toContain("As usual: after 15 minutes without activity — applies now");
    expect(text).toContain("After 1 hour without activity");
    expect(text).toContain("Until I sign out, at most 10 hours");
    expect(text).not.toContain("After 5 minutes");
  });

  it("asks right there whether others use the browser, and takes back nothing that was said", async () => {
    const here = await signIn(somebody());
    const page = await timeOut(here);
    expect(words(page)).toContain("Do others use this browser too?");
    const said = await here.at.submit(page, formTo(page, "/time-out/alone"));
    expect(words(said)).toContain("You said that only you use this browser.");
    const shared = await here.at.submit(said, formTo(said, "/time-out/shared"));
    expect(words(shared)).toContain("said that others use this browser too");
    expect(formsOf(shared).map(({ action }) => action)).toEqual([]);
  });

  it("changes with one choice, which takes the place of the one before", async () => {
    const name = somebody();
    const here = await signIn(name);
    await alone(here);
    await choose(here, "hour");
    let page = await timeOut(here);
    expect(words(page)).toContain("In this browser you are signed out after 1 hour without activity.");
    expect(words(page)).toMatch(
      /You chose: After 1 hour without activity , until .* It counts in this browser/,
    );
    expect(words(await open(here, "/me/protection/offers/day"))).toContain(
      "This takes the place of your choice “After 1 hour without activity”",
    );
    await choose(here, "day");
    expect((await chosen(name)).toSorted()).toEqual(["day active", "hour revoked"]);
    page = await timeOut(here);
    expect(words(page)).toContain("In this browser you are not signed out when you are away.");
    expect(words(await sessions(here))).toContain("You stay signed in while you are away, by your choice");
    page = await here.at.submit(page, formTo(page, "/turn-on"));
    expect(words(page)).toContain("Protection is on");
    expect((await chosen(name)).toSorted()).toEqual(["day revoked", "hour revoked"]);
  });

  it("stays as it was where the text has changed meanwhile", async () => {
    const name = somebody();
    const here = await signIn(name);
    await choose(here, "hour");
    const page = await open(here, "/me/protection/offers/day");
    const form = formTo(page, "/offers/day");
    const changed = await here.at.submit(page, {
      ...form,
      fields: { ...form.fields, disclosure: "0".repeat(64) },
    });
    expect(changed.status).toBe(409);
    expect(await chosen(name)).toEqual(["hour active"]);
  });

  it("says where the choice does not count, and why", async () => {
    const name = somebody();
    const here = await signIn(name);
    await choose(here, "hour");
    let text = words(await timeOut(here));
    expect(text).toContain("It does not count in this browser now.");
    expect(text).toContain("You are signed out 10 hours after signing in at the latest.");
    expect(text).toContain("Payouts: you are asked to show again that it is you.");
    expect(text).toContain("Reports: after 5 minutes without activity.");
    expect(text).not.toContain("Vault");
    const page = await timeOut(here);
    text = words(await here.at.submit(page, formTo(page, "/time-out/shared")));
    expect(text).toContain("Paused here because this is a shared device.");
    expect(text).toContain("End this choice");
    expect(text).not.toContain("Keep it on");
    const list = words(await open(here, "/me/protection"));
    expect(list).toContain("All of your protections are on.");
    expect(list).toContain("Paused here because this is a shared device.");
    const lock = must(
      await shop.service.locks.place(shop.admin, {
        target: { kind: "control", control: "session-timeout" },
        reason: "x",
      }),
    );
    const other = await signIn(name);
    await alone(other);
    expect(words(await timeOut(other))).toContain("Paused by your organisation.");
    must(await shop.service.locks.lift(shop.admin, lock.id));
    expect(words(await timeOut(other))).toContain("It counts in this browser.");
  });

  it("ends what it says it ends", async () => {
    const name = somebody();
    const here = await signIn(name);
    const there = await signIn(name);
    await sessions(there);
    shop.pass(16 * MINUTE);
    expect(await stateOf(there.id)).not.toBe("live");
    const again = await signIn(name);
    const text = words(await sessions(again));
    expect(text.match(/Nobody used it for too long/g)).toHaveLength(2);
    expect(await stateOf(here.id)).not.toBe("live");
  });
});
