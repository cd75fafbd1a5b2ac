import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { routeTemplate, templateText } from "../../src/policy/route-template.ts";

const fold = (segment: string): string | undefined => routeTemplate([segment])[0];

const digitInside = fc
  .stringMatching(/^[A-Za-z]{0,10}[0-9][A-Za-z0-9]{0,10}$/)
  .filter((one) => !/^v\d{1,2}$/i.test(one));
const personal: readonly (readonly [string, fc.Arbitrary<string>])[] = [
  ["a UUID", fc.uuid()],
  ["a ULID", fc.ulid()],
  ["a number, or letters with one", digitInside],
  ["an address of mail", fc.emailAddress()],
  ["a first and a second name with a dot", fc.stringMatching(/^[a-z]{2,8}\.(?:smith|lopez|li|kim|jones)$/)],
  ["eight hexadecimal letters or more", fc.stringMatching(/^[a-f]{8,32}$/)],
  [
    "letters in no order of case, as tokens have them",
    fc.stringMatching(/^[a-z][A-Z]{2}[a-z][A-Z][a-z]{0,3}$/),
  ],
  [
    "a name that is not written in ASCII",
    fc.stringMatching(/^[\u00c0-\u00ff\u0400-\u04ff\u4e00-\u4fff]{1,20}$/),
  ],
  ["a long word", fc.stringMatching(/^[a-z]{33,80}$/)],
  ["more words than routes have", fc.stringMatching(/^[a-z]{2,5}(?:-[a-z]{2,5}){4,6}$/)],
  ["an encoded value", fc.stringMatching(/^[a-z]{1,8}(?:%[0-9A-F]{2}|=|\+|~|:|,)[a-z]{0,8}$/)],
];

describe("a route template", () => {
  it.each(personal)("never shows %s", (_, arbitrary) => {
    fc.assert(fc.property(arbitrary, (segment) => fold(segment) === "*"));
  });

  it("shows short lower-case words and versions alone, whatever is asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary", maxLength: 60 }), { maxLength: 12 }), (segments) => {
        const template = routeTemplate(segments);
        expect(template.length).toBeLessThanOrEqual(7);
        for (const shown of template) {
          expect(shown.length).toBeLessThanOrEqual(32);
          expect(shown).toMatch(/^(?:\*{1,2}|v\d{1,2}|[a-z]+(?:[_-][a-z]+)*(?:\.[a-z0-9]+)?)$/);
        }
      }),
    );
  });

  it("is the same for everybody who takes the same way", () => {
    fc.assert(
      fc.property(digitInside, fc.uuid(), (one, other) => {
        expect(routeTemplate(["orders", one, "items"])).toEqual(routeTemplate(["orders", other, "items"]));
      }),
    );
  });

  it("keeps the words that routes are named by, and folds what lies deeper than six", () => {
    for (const [segment, shown] of [
      ["orders", "orders"],
      ["Orders", "orders"],
      ["order-items", "order-items"],
      ["orderItems", "orderitems"],
      ["FAQ", "faq"],
      ["index.html", "index.html"],
      ["v2", "v2"],
    ] as const)
      expect(fold(segment)).toBe(shown);
    expect(routeTemplate(["a", "b", "c", "d", "e", "f", "g", "h"])).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "**",
    ]);
    expect(templateText("route", ["orders", "*"])).toBe("route:/orders/*");
    expect(templateText("app", ["notes", "*"])).toBe("app:notes/*");
  });
});
