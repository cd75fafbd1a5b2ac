import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInstant, instant, milliseconds, parseInstant, plus } from "../../src/index.ts";

const read = (text: string): number | string => {
  const parsed = parseInstant(text);
  return parsed.ok ? parsed.value : "refused";
};

describe("an instant", () => {
  it.each([
    ["2026-11-28T10:00:00Z", Date.UTC(2026, 10, 28, 10)],
    ["2026-11-28t10:00:00z", Date.UTC(2026, 10, 28, 10)],
    ["2026-11-28T10:00:00.123456789Z", Date.UTC(2026, 10, 28, 10, 0, 0, 123)],
    ["2026-11-28T10:00:00+01:00", Date.UTC(2026, 10, 28, 9)],
    ["2026-11-28T10:00:00-05:30", Date.UTC(2026, 10, 28, 15, 30)],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
    ["1970-01-01T00:00:00Z", 0],
  ])("%s is read", (text, at) => {
    expect(read(text)).toBe(at);
  });

  it.each([
    "2026-11-28T10:00:00",
    "2026-11-28 10:00:00Z",
    "2026-11-28",
    "2026-11-28T10:00Z",
    "2026-11-28T10:00:00 Z",
    "2026-11-28T10:00:00+0100",
    "2026-11-28T10:00:00+01",
    "2026-11-28T10:00:00+24:00",
    "2026-11-28T10:00:00+01:60",
    "2026-11-28T24:00:00Z",
    "2026-11-28T10:60:00Z",
    "2026-11-28T10:00:61Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "+2026-11-28T10:00:00Z",
    "-2026-11-28T10:00:00Z",
    "٢٠٢٦-11-28T10:00:00Z",
    "2026-11-28T10:00:00Z\n",
    "1795860000000",
    "now",
    "",
  ])("%j is refused", (text) => {
    expect(read(text)).toBe("refused");
  });

  it("without a zone is refused with the reason", () => {
    expect(parseInstant("2026-11-28T10:00:00")).toMatchObject({ refusal: expect.stringContaining("zone") });
  });

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(fc.nat({ max: Date.UTC(9999, 11, 30) }), (at) => {
        expect(read(formatInstant(instant(at)))).toBe(at);
      }),
    );
  });

  it("is never moved past the year 9999 by adding to it", () => {
    const last = instant(Date.UTC(9999, 11, 31));
    expect(plus(last, milliseconds(1))).toBe(last);
  });

  it("is a whole number from 1970 to 9999", () => {
    for (const at of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(9999, 11, 31) + 1]) {
      expect(() => instant(at)).toThrow(TypeError);
    }
  });
});
