import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSubjectId } from "../../src/signal/subject-id.ts";

const opaque = (id: unknown) => ({ format: "opaque", id });
const isRead = (given: unknown): boolean => readSubjectId(given).ok;

describe("a subject identifier", () => {
  it.each([
    [
      { format: "email", email: "a@b.example" },
      { format: "email", email: "a@b.example" },
    ],
    [
      { format: "account", uri: "acct:a@b.example" },
      { format: "account", uri: "acct:a@b.example" },
    ],
    [
      { format: "uri", uri: "urn:a" },
      { format: "uri", uri: "urn:a" },
    ],
    [
      { format: "did", url: "did:a" },
      { format: "did", uri: "did:a" },
    ],
    [
      { format: "phone_number", phone_number: "+47" },
      { format: "phone_number", phone: "+47" },
    ],
    [
      { format: "iss_sub", iss: "i", sub: "s" },
      { format: "iss_sub", issuer: "i", subject: "s" },
    ],
    [opaque("x"), { format: "opaque", id: "x" }],
    [{ format: "ip-addresses", "ip-addresses": ["::1"] }, { format: "other" }],
    [
      { format: "aliases", identifiers: [opaque("x"), { format: "email", email: "e" }] },
      { format: "aliases", identifiers: [opaque("x"), { format: "email", email: "e" }] },
    ],
    [
      { format: "complex", user: opaque("x"), tenant: opaque("y") },
      { format: "complex", user: opaque("x"), device: null, session: null },
    ],
  ])("%j is read", (given, expected) => {
    expect(readSubjectId(given)).toEqual({ ok: true, value: expected });
  });

  it.each([
    ["no object", "ana"],
    ["a list", [opaque("x")]],
    ["without a format", { id: "x" }],
    ["without its member", { format: "email" }],
    ["with an empty member", opaque("")],
    ["with a number for a member", opaque(7)],
    ["with a member without end", opaque("x".repeat(1_025))],
    ["half of an issuer's subject", { format: "iss_sub", iss: "i" }],
    ["of no aliases", { format: "aliases", identifiers: [] }],
    [
      "of too many aliases",
      { format: "aliases", identifiers: Array.from({ length: 21 }, () => opaque("x")) },
    ],
    ["of aliases in aliases", { format: "aliases", identifiers: [{ format: "aliases", identifiers: [] }] }],
    ["of a complex one in another", { format: "complex", user: { format: "complex" } }],
    ["with a part that cannot be read", { format: "complex", user: opaque("x"), session: "y" }],
  ])("is refused where it is %s", (_, given) => {
    expect(isRead(given)).toBe(false);
  });

  it("is read or refused, and never throws, whatever it is", () => {
    const formats = ["email", "account", "did", "opaque", "iss_sub", "aliases", "complex", "phone_number"];
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.record({ format: fc.constantFrom(...formats), id: fc.jsonValue(), identifiers: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(anything, (given) => {
        expect([true, false]).toContain(isRead(given));
      }),
    );
  });
});
