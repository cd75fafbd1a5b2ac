import { describe, expect, it } from "vitest";
import type { Day } from "../../src/risk/day.ts";
import { sightingOf } from "../../src/risk/feature.ts";
import { emptyProfile, observe } from "../../src/risk/profile.ts";
import { NO_COUNT, signalsOf } from "../../src/risk/signal.ts";
import { hashUnder } from "./arbitrary.ts";

const home = sightingOf({ network: "home", country: "NO" }, hashUnder(3));
const around = {
  placed: null,
  knownBadNetwork: false,
  failedAttempts: NO_COUNT,
  credentialChangedAt: null,
  compliance: "unknown",
} as const;
const onDay = (day: number) =>
  signalsOf(observe(emptyProfile(), home, { day: 10 as Day, placed: null }), home, around, day as Day);

describe("a signal of what is new", () => {
  it("stays on the day on which a value was first seen, and ends the day after", () => {
    expect(onDay(10)).toMatchObject({ newNetwork: true, newCountry: true });
    expect(onDay(11)).toMatchObject({ newNetwork: false, newCountry: false });
  });

  it("says nothing of what was not told", () => {
    expect(onDay(11).newDevice).toBeNull();
  });
});
