import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  after,
  anOffer,
  anOptOut,
  aProtection,
  aScene,
  DAY,
  factsOf,
  idOf,
  NOW,
  policyOf,
  ruleOf,
  scopeOf,
} from "../../../testing/src/builders/index.ts";
import {
  type Ask,
  bind,
  checkAsk,
  grantClocks,
  milliseconds,
  type Offer,
  type Policy,
  parseResourcePattern,
  patternsMeet,
  plus,
  reachesSensitive,
  renewedClocks,
} from "../../src/index.ts";

const policyWith = (offer: Offer, ...more: ReturnType<typeof aProtection>[]): Policy =>
  policyOf({ protections: [aProtection(), ...more], offers: [offer], risk: null });

const ask: Ask = {
  offer: "relaxed",
  holder: { kind: "subject", subject: idOf("sub", "ana") },
  scope: scopeOf(["get"], ["route:/a/b"]),
  length: null,
  startsAt: null,
};

function refusal(
  asked: Partial<Ask>,
  offer: Offer = anOffer(),
  ...more: ReturnType<typeof aProtection>[]
): string {
  const policy = policyWith(offer, ...more);
  const bindings = () =>
    bind(aScene().request, factsOf(aScene()), policy.attributes, "unknown", aScene().now);
  const result = checkAsk({ ...ask, ...asked }, policy, { states: new Set(), bindings }, NOW);
  return result.ok ? "allowed" : `${result.refusal.code} ${result.refusal.pointer}`;
}

describe("asking for an opt-out", () => {
  it("is allowed within the offer", () => {
    expect(refusal({})).toBe("allowed");
  });

  it.each([
    ["an offer that policy does not have", { offer: "other" }, anOffer(), "offer_unknown /offer"],
    ["an offer that is only observed", {}, anOffer({ mode: "observe" }), "offer_observed /offer"],
    ["a holder of another kind", { holder: { kind: "anonymous" } }, anOffer(), "holder_not_offered /holder"],
    ["a state that is not held", {}, anOffer({ states: ["verified"] }), "state_not_held /offer"],
    ["someone who may not ask", {}, anOffer({ who: ruleOf("false") }), "not_eligible /offer"],
    ["a condition in doubt", {}, anOffer({ who: ruleOf("subject.level > 3") }), "not_eligible /offer"],
    ["another resource", { scope: scopeOf(["get"], ["route:/b"]) }, anOffer(), "scope_beyond_offer /scope"],
    ["another action", { scope: scopeOf(["delete"], ["route:/a"]) }, anOffer(), "scope_beyond_offer /scope"],
    ["more than the longest", { length: milliseconds(31 * DAY) }, anOffer(), "over_max /length"],
    ["less than a second", { length: milliseconds(999) }, anOffer(), "too_short /length"],
    ["a start that is past", { startsAt: after(-1) }, anOffer(), "starts_in_the_past /startsAt"],
    ["a start beyond 90 days", { startsAt: after(90 * DAY + 1) }, anOffer(), "starts_too_late /startsAt"],
  ] as const)("is refused for %s", (_, asked, offer, code) => {
    expect(refusal(asked, offer)).toBe(code);
  });

  it("is refused where the scope may reach a sensitive resource, also in other letters", () => {
    const marked = (resource: string): string =>
      refusal({}, anOffer(), aProtection({ resources: [resource], sensitive: true }));
    expect(marked("route:/a/b")).toBe("scope_reaches_sensitive /scope");
    expect(marked("route:/A/**")).toBe("scope_reaches_sensitive /scope");
    expect(marked("route:/*/b/c")).toBe("allowed");
    expect(marked("route:/z")).toBe("allowed");
  });

  it("says what the longest is, and gives it back as the fix", () => {
    const asked = { ...ask, length: milliseconds(31 * DAY) };
    const result = checkAsk(asked, policyWith(anOffer()), { states: new Set(), bindings: () => [] }, NOW);
    expect(result).toMatchObject({ refusal: { compared: "at most 30 days", fix: "P30D" } });
  });

  it("reaches what is sensitive only for the actions that are", () => {
    const onlyPost = aProtection({ resources: ["route:/a/b"], actions: new Set(["post"]), sensitive: true });
    const policy = policyWith(anOffer(), onlyPost);
    expect(reachesSensitive(scopeOf(["get"], ["route:/a/**"]), policy)).toBe(false);
    expect(reachesSensitive(scopeOf(["post"], ["route:/a/**"]), policy)).toBe(true);
  });
});

describe("two patterns", () => {
  const meet = (a: string, b: string): boolean => {
    const [one, two] = [parseResourcePattern(a), parseResourcePattern(b)];
    if (!one.ok || !two.ok) throw new Error("expected patterns");
    expect(patternsMeet(one.value, two.value)).toBe(patternsMeet(two.value, one.value));
    return patternsMeet(one.value, two.value);
  };

  it("overlap where some resource is one of both", () => {
    expect(meet("route:/a/**", "route:/a/b/c")).toBe(true);
    expect(meet("route:/a/*", "route:/*/b")).toBe(true);
    expect(meet("route:/a", "route:/a/b")).toBe(false);
    expect(meet("route:/a/**", "todo:/a/**")).toBe(false);
    expect(meet("route:/a/**", "route:/b/**")).toBe(false);
  });

  it("overlap regardless of case for routes, and not for other types", () => {
    expect(meet("route:/A", "route:/a")).toBe(true);
    expect(meet("todo:A", "todo:a")).toBe(false);
  });
});

describe("the clocks of a grant", () => {
  const offer = anOffer();

  it("count from now, or from a start that is still to come", () => {
    const now = grantClocks(offer, { length: milliseconds(DAY), startsAt: null }, NOW);
    expect(now).toEqual({
      startsAt: NOW,
      expiresAt: after(DAY),
      reviewBy: after(30 * DAY),
      capAt: after(90 * DAY),
    });
    const later = grantClocks(offer, { length: milliseconds(DAY), startsAt: after(DAY) }, NOW);
    expect(later.expiresAt).toBe(after(2 * DAY));
    expect(grantClocks(offer, { length: milliseconds(DAY), startsAt: after(-DAY) }, NOW).startsAt).toBe(NOW);
  });

  it("of any number of renewals never pass the cap of the first grant", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 30 * DAY }), fc.nat({ max: 40 * DAY })), { maxLength: 20 }),
        (renewals) => {
          const first = grantClocks(offer, { length: offer.length.default, startsAt: null }, NOW);
          let optOut = anOptOut({ ...first, grantedAt: NOW });
          let now = NOW;
          for (const [length, passed] of renewals) {
            now = plus(now, milliseconds(passed));
            const renewed = renewedClocks(optOut, offer, milliseconds(length), now);
            if (!renewed.ok) continue;
            expect(renewed.value.expiresAt).toBeGreaterThan(optOut.expiresAt);
            optOut = { ...optOut, ...renewed.value };
          }
          expect(optOut.expiresAt).toBeLessThanOrEqual(first.capAt);
        },
      ),
    );
  });

  it("are not renewed beyond a total that policy has shortened since", () => {
    const shorter = anOffer({ length: { ...offer.length, total: milliseconds(8 * DAY) } });
    const renewed = renewedClocks(anOptOut(), shorter, milliseconds(30 * DAY), NOW);
    expect(renewed).toEqual({ ok: true, value: { expiresAt: after(7 * DAY), reviewBy: after(30 * DAY) } });
  });
});
