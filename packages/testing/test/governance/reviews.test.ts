import type { Caller, OptOutRequest } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";
import { DAY, shop as openShop, POLICY, type Shop } from "../laws/shop.ts";

const codeOf = (
  result: { readonly ok: true } | { readonly ok: false; readonly refusal: { readonly code: string } },
): string => (result.ok ? "ok" : result.refusal.code);

/** The same offers, reviewed after three days; and one for anybody on a device, by its owner. */
const REVIEWED = `${POLICY.replaceAll("review: { every: P30D }", "review: { every: P3D }")}---
kind: Offer
name: kiosk
owner: reports-team
mode: enforce
control: step-up
holders: [device]
basis: mitigated
scope: { actions: [get], resources: ["route:/reports/**"] }
downTo: aal1
length: { default: P7D, max: P10D, total: P14D }
approvals: { count: 1 }
review: { every: P3D, by: '"auditor" in subject.roles' }
disclosure: { en: { version: 1, title: a, stops: b, protects: c, until: d, undo: e } }
`;

describe("reviews", () => {
  let shop: Shop;
  let owner: Caller;
  let approver: Caller;
  const service = () => shop.node.service;
  const ask = async (caller: Caller, request: OptOutRequest): Promise<string> =>
    (await shop.request(caller, request)).id;
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= DAY / 2) {
      shop.node.world.pass(Math.min(left, DAY / 2));
      await shop.node.settle();
    }
  };
  const stateOf = async (id: string): Promise<string> =>
    must(await service().optOuts.get(shop.node.admin, id, {})).state;
  const due = async (span: string) =>
    must(await service().optOuts.dueReviews(shop.node.admin, { due: span, limit: 50 })).items;
  beforeEach(async () => {
    shop = await openShop({ policy: REVIEWED });
    owner = await shop.manager("otto");
    approver = await shop.manager("amy");
  });
  afterEach(() => shop.node.stop());

  async function ofEveryKind(): Promise<readonly string[]> {
    const strong = await shop.session("aal2");
    const subject = await ask(strong, { offer: "own" });
    await shop.consent(strong, subject);
    const device = { type: "device", id: "laptop" };
    const mine = await ask(strong, { offer: "own", holder: { kind: "device", device } });
    await shop.consent(strong, mine);
    const anyone = await ask(owner, {
      offer: "kiosk",
      holder: { kind: "device", device, anyone: true },
      reason: "a kiosk",
    });
    const guests = await ask(owner, { offer: "guests", holder: { kind: "anonymous" }, reason: "open days" });
    for (const id of [anyone, guests]) must(await service().optOuts.approve(approver, id, null));
    return [subject, mine, anyone, guests];
  }

  it("that nobody answers end the opt-out, whoever holds it", async () => {
    const all = await ofEveryKind();
    expect(await Promise.all(all.map(stateOf))).toEqual(["active", "active", "active", "active"]);
    expect((await due("P2D")).map(({ optOut }) => optOut.id)).toEqual([]);
    expect((await due("P3D")).map(({ optOut }) => optOut.id).sort()).toEqual([...all].sort());
    expect(await shop.outcome(await shop.session("aal1"))).toBe("honour");
    await pass(3 * DAY + 60_000);
    expect(await Promise.all(all.map(stateOf))).toEqual(["expired", "expired", "expired", "expired"]);
    expect(await due("P30D")).toEqual([]);
    expect(await shop.outcome(await shop.session("aal1"))).toBe("challenge");
  });

  it("that keep one, keep it until the next; one that ends it, ends it at once", async () => {
    const [subject = "", mine = ""] = await ofEveryKind();
    await pass(2 * DAY);
    must(await service().optOuts.review(approver, { optOut: subject, answer: "keep" }));
    must(await service().optOuts.review(approver, { optOut: mine, answer: "end" }));
    await pass(2 * DAY);
    expect([await stateOf(subject), await stateOf(mine)]).toEqual(["active", "revoked"]);
  });

  it("come soonest first, page by page", async () => {
    const all = await ofEveryKind();
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = must(
        await service().optOuts.dueReviews(shop.node.admin, {
          due: "P30D",
          limit: 1,
          ...(cursor === undefined ? {} : { cursor }),
        }),
      );
      seen.push(...page.items.map(({ optOut }) => optOut.id));
      if (page.next === null) break;
      cursor = page.next;
    }
    expect([...seen].sort()).toEqual([...all].sort());
    expect(codeOf(await service().optOuts.dueReviews(shop.node.admin, { due: "soon", limit: 1 }))).toBe(
      "request.malformed",
    );
    expect(
      codeOf(await service().optOuts.dueReviews(await shop.session("aal2"), { due: "P1D", limit: 1 })),
    ).toBe("caller.scope");
  });

  it("show what was never used, what is in use, and what policy no longer asks for", async () => {
    const strong = await shop.session("aal2");
    const id = await ask(strong, { offer: "own" });
    await shop.consent(strong, id);
    await pass(DAY);
    const of = async () => (await due("P3D"))[0];
    expect(await of()).toMatchObject({
      used: 0,
      lastUsedAt: null,
      suggestion: "end",
      evidence: [{ code: "never-used" }],
    });
    expect(await shop.outcome(await shop.session("aal1"))).toBe("honour");
    expect(await of()).toMatchObject({ used: 1, suggestion: "keep", evidence: [{ code: "in-use" }] });
    await shop.node.policy(REVIEWED.replace("  stepUp: { assurance: aal2 }\n", ""));
    expect(await of()).toMatchObject({ suggestion: "end", evidence: [{ code: "no-longer-needed" }] });
  });

  it("are answered by nobody who holds it or asked for it, and by whom policy names", async () => {
    const [subject = "", , anyone = ""] = await ofEveryKind();
    const holder = await shop.manager("ana");
    const keep = (caller: Caller, optOut: string) =>
      service().optOuts.review(caller, { optOut, answer: "keep" });
    expect(codeOf(await keep(holder, subject))).toBe("opt-out.own_approval");
    expect(codeOf(await keep(owner, anyone))).toBe("opt-out.own_approval");
    expect(codeOf(await keep(approver, anyone))).toBe("opt-out.not_approver");
    const roles = { attributes: { roles: ["auditor"] } };
    must(await service().entities.put(shop.node.admin, { type: "user", id: "amy" }, roles));
    expect(codeOf(await keep(approver, anyone))).toBe("ok");
  });
});
