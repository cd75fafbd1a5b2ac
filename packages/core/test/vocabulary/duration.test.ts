import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, LONGEST_DURATION, milliseconds, parseDuration } from "../../src/index.ts";

const read = (text: string): number | string => {
  const parsed = parseDuration(text);
  return parsed.ok ? parsed.value : "refused";
};

describe("a duration", () => {
  it.each([
    ["PT1S", 1_000],
    ["PT15M", 900_000],
    ["PT8H", 28_800_000],
    ["P7D", 604_800_000],
    ["P2W", 1_209_600_000],
    ["P1DT12H30M5S", 131_405_000],
    ["PT0S", 0],
  ])("%s is %d ms", (text, length) => {
    expect(read(text)).toBe(length);
  });

  it.each([
    "",
    "P",
    "PT",
    "P1DT",
    "P1Y",
    "P1M",
    "P1Y2M",
    "P-7D",
    "-P7D",
    "+P7D",
    "P1.5D",
    "PT1,5S",
    "P7d",
    "p7d",
    " P7D",
    "P7D ",
    "P7D\n",
    "7D",
    "P٧D",
    "P1D1W",
    "PT1S1M",
    "P99999D",
    "PT9999999999S",
    "P1e3D",
    "P0x7D",
    "forever",
  ])("%j is refused", (text) => {
    expect(read(text)).toBe("refused");
  });

  it("of years or months is refused with the reason", () => {
    expect(parseDuration("P1Y")).toMatchObject({ refusal: expect.stringContaining("no fixed length") });
  });

  it("is at most ten years", () => {
    expect(read(formatDuration(LONGEST_DURATION))).toBe(LONGEST_DURATION);
    expect(read("P3661D")).toBe("refused");
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(fc.nat({ max: LONGEST_DURATION / 1000 }), (seconds) => {
        expect(read(formatDuration(milliseconds(seconds * 1000)))).toBe(seconds * 1000);
      }),
    );
  });

  it("is never read from any other text, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const length = read(text);
        expect(length === "refused" || (typeof length === "number" && length >= 0)).toBe(true);
      }),
    );
  });

  it("is a whole number that is not negative", () => {
    for (const count of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => milliseconds(count)).toThrow(TypeError);
    }
  });
});
