import type { Session } from "@postern/core";
import type { AddressService } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pretendedAuthenticators } from "../../src/deployment/pretended-authenticators.ts";
import { type Deployment, deployment, must } from "../../src/index.ts";

const PASSWORD = "a long enough password";
const POLICY = `
kind: Protection
name: reports
owner: web
mode: enforce
resources: ["route:/reports/**"]
permit: [{ name: anyone, when: "true" }]
require: { assurance: aal1, stepUp: { assurance: aal1, maxAge: PT5M } }
signIn: { url: postern }
---
kind: Offer
name: reachable
owner: web
mode: enforce
control: step-up
holders: [subject]
basis: preference
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
states: [address-verified]
review: { every: P7D }
disclosure:
  en:
    version: 1
    title: Open reports without a fresh step
    stops: We stop asking for a fresh step when you open reports.
    protects: You still need your password.
    until: It ends after the time you choose.
    undo: Turn it back on at any time on this page.
`;

let shop: Deployment;
let ana: Session;
let letters: { readonly to: string; readonly code: string }[];
let serverIsDown: boolean;

beforeEach(async () => {
  letters = [];
  serverIsDown = false;
  shop = await deployment({
    authenticators: pretendedAuthenticators(),
    policy: POLICY,
    addressCodes: {
      isAddress: (text) => /^\S+@\S+$/.test(text),
      async send(to, code) {
        if (!serverIsDown) letters.push({ to, code });
        return !serverIsDown;
      },
      recover: async () => false,
    },
  });
  ana = await person("ana");
});
afterEach(async () => await shop.stop());

async function person(id: string): Promise<Session> {
  const { factors } = shop.service;
  if (factors === null) throw new Error("expected a service that signs people in");
  const { secret } = must(await factors.invite(shop.admin, { type: "user", id }));
  return must(await factors.acceptInvitation(secret, { password: PASSWORD })).session;
}

const address = (): AddressService => {
  if (shop.service.address === null) throw new Error("expected a service that verifies addresses");
  return shop.service.address;
};
const code = (): string => letters.at(-1)?.code ?? "";
const other = (text: string): string => String((Number(text) + 1) % 1e8).padStart(8, "0");

async function verified(): Promise<void> {
  must(await address().begin(ana, "ana@example.org"));
  must(await address().finish(ana, code()));
}

async function optOut(): Promise<string> {
  const caller = shop.sessionCaller(ana.id);
  const asked = must(await shop.service.optOuts.request(caller, { offer: "reachable" }));
  const shown = must(await shop.service.optOuts.disclosure(caller, asked.id, ["en"]));
  must(await shop.service.optOuts.consent(caller, asked.id, { disclosure: shown.hash, locale: "en" }));
  return asked.id;
}

describe("an address is verified", () => {
  it("by a code that was read there, and both are the person's from the same commit on", async () => {
    must(await address().begin(ana, " ana@example.org "));
    expect(letters).toEqual([{ to: "ana@example.org", code: expect.stringMatching(/^\d{8}$/) }]);
    expect(address().current(ana)).toEqual({ address: null, verifiedAt: null });
    const from = shop.service.ledger.size();
    must(await address().finish(ana, code()));
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual(["entity.put"]);
    expect(JSON.stringify(await shop.entries(from))).not.toContain("ana@example.org");
    expect(address().current(ana)).toMatchObject({
      address: "ana@example.org",
      verifiedAt: expect.any(String),
    });
  });

  it("by a code that is good once, for ten minutes, in its own session, and for five tries", async () => {
    must(await address().begin(ana, "ana@example.org"));
    const first = code();
    const bea = await person("bea");
    expect(await address().finish(bea, first)).toMatchObject({ refusal: { code: "address.wrong" } });
    must(await address().finish(ana, first));
    expect(await address().finish(ana, first)).toMatchObject({ refusal: { code: "address.wrong" } });
    must(await address().begin(ana, "ana@example.net"));
    for (let tries = 0; tries < 5; tries++) await address().finish(ana, other(code()));
    expect(await address().finish(ana, code())).toMatchObject({ refusal: { code: "address.wrong" } });
    expect(address().current(ana).address).toBe("ana@example.org");
  });

  it("not after its time, nor by a session that is no longer fresh", async () => {
    must(await address().begin(ana, "ana@example.org"));
    shop.world.pass(5 * 60_000);
    await shop.settle();
    expect(await address().finish(ana, code())).toMatchObject({ refusal: { code: "factor.fresh_sign_in" } });
    expect(await address().begin(ana, "ana@example.org")).toMatchObject({
      refusal: { code: "factor.fresh_sign_in" },
    });
  });

  it("with so many codes within an hour, whoever asks for them, and none where no mail goes out", async () => {
    serverIsDown = true;
    expect(await address().begin(ana, "ana@example.org")).toMatchObject({
      refusal: { code: "address.unreachable" },
    });
    serverIsDown = false;
    const codes: string[] = [];
    for (const session of [ana, await person("bea"), await person("cai")])
      for (let tries = 0; tries < 3; tries++) {
        const begun = await address().begin(session, "ana@example.org");
        codes.push(begun.ok ? "sent" : begun.refusal.code);
      }
    expect(codes.filter((one) => one === "sent")).toHaveLength(4);
    expect(codes.filter((one) => one === "address.throttled")).toHaveLength(5);
  });
});

describe("that an address is verified", () => {
  it("is lost where an application says another, with the opt-out that stood on it, in the same commit", async () => {
    await verified();
    const id = await optOut();
    const application = await shop.token(["entities.write"]);
    const from = shop.service.ledger.size();
    must(
      await shop.service.entities.put(
        application,
        { type: "user", id: "ana" },
        { attributes: { email: "thief@example.com" } },
      ),
    );
    expect((await shop.entries(from)).map(({ type }) => type)).toEqual(["entity.put", "opt-out.revoked"]);
    expect(must(await shop.service.optOuts.get(shop.admin, id, {})).state).toBe("revoked");
    expect(address().current(ana)).toEqual({ address: "thief@example.com", verifiedAt: null });
  });

  it("stays where what is said leaves the address as it is", async () => {
    await verified();
    const id = await optOut();
    const given = { attributes: { email: "ana@example.org", team: "web" } };
    must(await shop.service.entities.put(shop.admin, { type: "user", id: "ana" }, given));
    expect(must(await shop.service.optOuts.get(shop.admin, id, {})).state).toBe("active");
  });
});
