import { createHmac } from "node:crypto";
import type { Service } from "@postern/service";
import {
  type Browser,
  browser,
  formTo,
  must,
  type Organisation,
  type Page,
  startOrganisation,
} from "../people/running.ts";

/** Pages that one password opens, pages behind a second step, pages behind a fresh one. */
export const POLICY = `
kind: Protection
name: front
owner: web
mode: enforce
resources: ["route:/"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: none }
---
kind: Protection
name: catalogue
owner: web
mode: enforce
resources: ["route:/catalogue/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1 }
signIn: { url: postern }
---
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2 } }
signIn: { url: postern }
---
kind: Protection
name: payouts
owner: web
mode: enforce
resources: ["route:/payouts/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal2, maxAge: PT5M } }
signIn: { url: postern }
`;

export const PASSWORD = "lamp river quiet orbit";

export const startShop = (): Promise<Organisation> => startOrganisation(POLICY);

/** A person with a password, and with a code app where `second` is set: enrolled as people do it, by their pages. */
export interface Person {
  readonly at: Browser;
  readonly name: string;
  readonly secret: string | null;
  /** The code of now; each call moves every clock on to the next, since a code is good once. */
  code(): Promise<string>;
}

/** Moves every clock on. A question to the store that was under way meanwhile makes the node doubt its clock for a moment. */
export async function passOn(shop: Organisation, milliseconds: number): Promise<void> {
  shop.pass(milliseconds);
  for (let tries = 0; tries < 500; tries++) {
    const reason = shop.service.node.doubt()?.reason;
    if (reason === undefined || reason === "node_stale") return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function invite(shop: Organisation, name: string): Promise<string> {
  const factors = factorsOf(shop.service);
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id: name }));
  return `${shop.people}/sign-in/invitation?code=${secret}`;
}

export function factorsOf(service: Service): NonNullable<Service["factors"]> {
  if (service.factors === null) throw new Error("expected a deployment that signs people in");
  return service.factors;
}

export async function enrolled(shop: Organisation, name: string, second: boolean): Promise<Person> {
  const at = browser();
  const welcome = await at.go(await invite(shop, name));
  const home = await at.submit(welcome, filled(welcome, "/sign-in/invitation", { password: PASSWORD }));
  if (home.status !== 200) throw new Error(`expected the page of factors, got ${home.status}\n${home.text}`);
  if (!second) return { at, name, secret: null, code: async () => "" };
  const page = await at.go(`${shop.people}/me/factors/totp`);
  const secret = (/<code class="key">([^<]+)</.exec(page.text)?.[1] ?? "").replaceAll(" ", "");
  const code = async (): Promise<string> => {
    await passOn(shop, 30_000);
    return codeAt(secret, shop);
  };
  const saved = await at.submit(
    page,
    filled(page, "/me/factors/totp", { code: await code(), label: "phone" }),
  );
  if (!saved.text.includes("Code app: phone")) throw new Error(`expected an enrolled app, got ${saved.text}`);
  return { at, name, secret, code };
}

/** RFC 6238, written down once more: what the other side computes. */
function codeAt(secret: string, shop: Organisation): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(shop.now() / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const at = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export function filled(
  page: Page,
  ending: string,
  fields: Readonly<Record<string, string>>,
): ReturnType<typeof formTo> {
  const form = formTo(page, ending);
  return { ...form, fields: { ...form.fields, ...fields } };
}

export async function giveName(at: Browser, page: Page, name: string, password = PASSWORD): Promise<Page> {
  return await at.submit(page, filled(page, "/sign-in/password", { name, password }));
}

/** The types of the newest events of the ledger, oldest first. */
export async function events(shop: Organisation, from: number): Promise<readonly string[]> {
  const entries = must(await shop.service.ledger.entries(shop.admin, from, 100));
  return entries.map(({ entry }) => (JSON.parse(entry ?? "{}") as { readonly type: string }).type);
}
