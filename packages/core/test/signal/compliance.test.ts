import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ComplianceStatement,
  complianceOf,
  isComplianceNews,
  withCompliance,
} from "../../src/signal/compliance.ts";
import { anyMinute, anySource, minute } from "./arbitrary.ts";

const anyStatement: fc.Arbitrary<ComplianceStatement> = fc.record({
  source: anySource,
  compliant: fc.boolean(),
  at: anyMinute,
});
const after = (words: readonly ComplianceStatement[]): readonly ComplianceStatement[] | undefined =>
  words.reduce<readonly ComplianceStatement[] | undefined>(
    (held, said) => (isComplianceNews(held, said) ? withCompliance(held, said) : held),
    undefined,
  );

describe("whether a device complies", () => {
  it("is the same in whatever order its sources' words come", () => {
    fc.assert(
      fc.property(fc.array(anyStatement, { maxLength: 12 }), (words) => {
        const known = complianceOf(after(words), undefined);
        expect(complianceOf(after(words.toReversed()), undefined)).toBe(known);
        const sorted = words.toSorted((a, b) => a.at - b.at || Number(b.compliant) - Number(a.compliant));
        const last = new Map(sorted.map(({ source, compliant }) => [source, compliant]));
        const all = [...last.values()];
        expect(known).toBe(
          all.length === 0 ? "unknown" : all.includes(false) ? "non-compliant" : "compliant",
        );
      }),
    );
  });

  it("is not known by a word about some device of its person, and not well where that one is not", () => {
    const says = (compliant: boolean) => [{ source: "mdm", compliant, at: minute(1) }];
    expect(complianceOf(undefined, says(true))).toBe("unknown");
    expect(complianceOf(undefined, says(false))).toBe("non-compliant");
    expect(complianceOf(says(true), says(false))).toBe("non-compliant");
    expect(complianceOf(says(true), undefined)).toBe("compliant");
  });

  it("is held of so many sources and no more, and an all-clear is forgotten before a word against it", () => {
    const amiss: ComplianceStatement = { source: "old", compliant: false, at: minute(0) };
    const many = Array.from({ length: 40 }, (_, at) => ({
      source: `s${at}`,
      compliant: true,
      at: minute(at + 1),
    }));
    const held = after([amiss, ...many]);
    expect(held).toHaveLength(16);
    expect(complianceOf(held, undefined)).toBe("non-compliant");
  });
});
