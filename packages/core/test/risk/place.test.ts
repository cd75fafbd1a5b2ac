import { describe, expect, it } from "vitest";
import { distanceKm, impossibleTravel, type Place, placeOf } from "../../src/risk/place.ts";
import { instant } from "../../src/vocabulary/instant.ts";

function at(latitude: number, longitude: number, radius = 20): Place {
  const place = placeOf(latitude, longitude, radius);
  if (place === null) throw new Error("expected a place");
  return place;
}

const BERLIN = at(52.52, 13.4);
const LIMA = at(-12.05, -77.04);
const hours = (count: number) => instant(1_700_000_000_000 + count * 3_600_000);

describe("travel", () => {
  it("is measured along the great circle, over the date line too", () => {
    expect(distanceKm(BERLIN, LIMA)).toBeCloseTo(11_110, -2);
    expect(distanceKm(at(0, 179.5), at(0, -179.5))).toBeCloseTo(111, 0);
  });

  it("is impossible where no airliner could have made it", () => {
    expect(impossibleTravel({ place: BERLIN, at: hours(0) }, { place: LIMA, at: hours(3) })).toBe(true);
    expect(impossibleTravel({ place: BERLIN, at: hours(0) }, { place: LIMA, at: hours(14) })).toBe(false);
  });

  it("is not held against those of whom it is only known roughly where they are", () => {
    const roughly = at(-12.05, -77.04, 12_000);
    expect(impossibleTravel({ place: BERLIN, at: hours(0) }, { place: roughly, at: hours(0) })).toBe(false);
  });

  it("cannot be said without a place before, and cannot be ruled out without one now", () => {
    expect(impossibleTravel(null, { place: LIMA, at: hours(0) })).toBeNull();
    expect(impossibleTravel({ place: BERLIN, at: hours(0) }, null)).toBe(true);
  });

  it("knows no place outside the Earth", () => {
    for (const [latitude, longitude, radius] of [
      [91, 0, 1],
      [0, 181, 1],
      [Number.NaN, 0, 1],
      [0, Number.POSITIVE_INFINITY, 1],
      ["52", 13, 1],
      [0, 0, -1],
      [0, 0, null],
    ])
      expect(placeOf(latitude, longitude, radius)).toBeNull();
  });
});
