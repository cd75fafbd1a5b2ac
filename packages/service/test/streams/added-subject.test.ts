import { createSecretKey, randomBytes } from "node:crypto";
import { readSubjectId } from "@postern/core";
import { describe, expect, it } from "vitest";
import { randomPool } from "../../src/seal/box.ts";
import { openedName, sealedName } from "../../src/streams/added-subject.ts";

const pool = randomPool((count) => randomBytes(count));
const REF = "sub_1";
const held = createSecretKey(new Uint8Array(32).fill(7));
const keys = { get: (id: string) => (id === REF ? held : null) };
const gone = { get: () => null };

const keptOf = (given: object): { readonly text: string; readonly opened: unknown } => {
  const read = readSubjectId(given);
  if (!read.ok) throw new Error(read.refusal);
  const kept = sealedName(REF, read.value, { keys, pool });
  if (kept === null) throw new Error("the key is there");
  return { text: JSON.stringify(kept), opened: openedName(kept, keys) };
};

describe("the name under which a receiver asked to be told of somebody", () => {
  it.each([
    { format: "email", email: "ana@example.org" },
    { format: "account", uri: "acct:ana@example.org" },
    { format: "uri", uri: "https://example.org/ana" },
    { format: "did", url: "did:example:ana" },
    { format: "phone_number", phone_number: "+12065550100" },
    { format: "iss_sub", iss: "https://issuer.example", sub: "ana" },
    { format: "opaque", id: "ana" },
    { format: "aliases", identifiers: [{ format: "opaque", id: "ana" }] },
    { format: "complex", user: { format: "opaque", id: "ana" }, device: { format: "opaque", id: "d" } },
  ])("of the format $format comes back as it was given", (given) => {
    expect(keptOf(given).opened).toEqual(given);
  });

  it("is kept without what nobody reads of it, and unreadably", () => {
    const { text, opened } = keptOf({ format: "opaque", id: "ana@example.org", more: "x".repeat(60_000) });
    expect(opened).toEqual({ format: "opaque", id: "ana@example.org" });
    expect(text.length).toBeLessThan(200);
    expect(text).not.toContain("ana@example.org");
  });

  it("is gone with the key of whom it names", () => {
    const kept = sealedName(REF, { format: "opaque", id: "ana" }, { keys, pool });
    expect(kept === null ? "none" : openedName(kept, gone)).toBeNull();
    expect(sealedName(REF, { format: "opaque", id: "ana" }, { keys: gone, pool })).toBeNull();
  });
});
