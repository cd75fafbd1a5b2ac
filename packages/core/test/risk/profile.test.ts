import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Day } from "../../src/risk/day.ts";
import { FEATURES, MOST_VALUES, sightingOf } from "../../src/risk/feature.ts";
import { placeOf } from "../../src/risk/place.ts";
import {
  distinctOf,
  emptyProfile,
  HEAD,
  lastPlaceOf,
  MOST_OF_DAY,
  MOST_OF_VALUE,
  observe,
  type Profile,
  seenOf,
  signInsOf,
  totalOf,
} from "../../src/risk/profile.ts";
import { parseProfile, profileBytes } from "../../src/risk/profile-bytes.ts";
import { instant } from "../../src/vocabulary/instant.ts";
import { hashUnder, history, profileOf } from "./arbitrary.ts";

const hash = hashUnder(3);
const NOWHERE = null;
const sight = (address: string) => sightingOf({ address }, hash);
const seen = (profile: Profile, address: string) => seenOf(profile, sight(address)[0] ?? 0);
const on = (day: number) => ({ day: day as Day, placed: NOWHERE });

describe("a profile", () => {
  it("counts a value twice a day at most, and a feature six times", () => {
    let profile = emptyProfile();
    for (let at = 0; at < 50; at++) profile = observe(profile, sight("home"), on(10));
    expect(seen(profile, "home")?.count).toBe(MOST_OF_VALUE);
    for (let at = 0; at < 15; at++) profile = observe(profile, sight(`other ${at}`), on(10));
    expect(totalOf(profile, 0)).toBe(MOST_OF_DAY);
    expect(signInsOf(profile)).toBe(MOST_OF_DAY);
  });

  it("knows the first and the last day of a value", () => {
    const profile = observe(observe(emptyProfile(), sight("home"), on(10)), sight("home"), on(17));
    expect(seen(profile, "home")).toEqual({ count: 2, firstDay: 10, lastDay: 17 });
    expect(seen(profile, "elsewhere")).toBeNull();
  });

  it("adds a sign-in that is told late to the last day, never to one that is over", () => {
    const profile = observe(observe(emptyProfile(), sight("home"), on(10)), sight("office"), on(3));
    expect(seen(profile, "office")).toEqual({ count: 1, firstDay: 10, lastDay: 10 });
  });

  it("stays within its bounds, and no value's part of the whole grows by forgetting another", () => {
    let profile = emptyProfile();
    const share = (address: string): number => (seen(profile, address)?.count ?? 0) / totalOf(profile, 0);
    for (let day = 0; day < 30; day++) profile = observe(profile, sight("home"), on(day));
    for (let at = 0; at < 400; at++) {
      const before = share("home");
      profile = observe(profile, sight(`hotel ${at}`), on(30 + Math.floor(at / 3)));
      expect(share("home")).toBeLessThanOrEqual(before);
    }
    expect(distinctOf(profile, 0)).toBe(MOST_VALUES.address);
    expect(seen(profile, "home")?.count).toBe(30);
    expect(seen(profile, "hotel 399")?.count).toBe(1);
  });

  it("halves what is full, so that nothing gains by it", () => {
    let profile = emptyProfile();
    for (let day = 0; day < 600; day++) {
      profile = observe(profile, sight("home"), on(day));
      if (day % 5 === 0) profile = observe(profile, sight("office"), on(day));
      const [home, office] = [seen(profile, "home")?.count ?? 0, seen(profile, "office")?.count ?? 0];
      expect(home).toBeLessThanOrEqual(255);
      expect(home + office).toBeLessThanOrEqual(totalOf(profile, 0));
    }
    expect(seen(profile, "office")?.count).toBeGreaterThan(10);
  });

  it("remembers the latest place in whatever order it is told", () => {
    const berlin = placeOf(52.52, 13.4, 10);
    const lima = placeOf(-12.05, -77.04, 10);
    if (berlin === null || lima === null) throw new Error("both are places");
    const first = { day: 10 as Day, placed: { place: berlin, at: instant(2_000_000) } };
    const second = { day: 10 as Day, placed: { place: lima, at: instant(1_000_000) } };
    const one = observe(observe(emptyProfile(), sight("a"), first), sight("b"), second);
    expect(one).toEqual(observe(observe(emptyProfile(), sight("b"), second), sight("a"), first));
    expect(lastPlaceOf(one)?.place.latitude).toBeCloseTo(52.52, 1);
    expect(lastPlaceOf(one)?.at).toBe(2_000_000);
  });

  it("comes back from its bytes as it was", () => {
    fc.assert(
      fc.property(history, (past) => {
        const profile = profileOf(past, hash);
        const read = parseProfile(profileBytes(profile));
        expect(read.ok && read.value).toEqual(profile);
      }),
    );
  });

  it("is refused where bytes are missing, added, swapped or of another version", () => {
    fc.assert(
      fc.property(
        history.filter((past) => past.length > 0),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (past, where, by) => {
          const bytes = profileBytes(profileOf(past, hash));
          const cut = where % bytes.length;
          // Whole values may be gone: then less is known, which raises risk.
          if (cut % 8 !== 4) expect(parseProfile(bytes.subarray(0, cut)).ok).toBe(false);
          const other = Uint8Array.from(bytes);
          other[3] = (other[3] ?? 0) ^ by;
          expect(parseProfile(other)).toEqual({ ok: false, refusal: "profile_version" });
          if (bytes.length >= HEAD * 4 + 16) {
            const swapped = Uint8Array.from(bytes);
            swapped.copyWithin(HEAD * 4, HEAD * 4 + 8, HEAD * 4 + 16);
            expect(parseProfile(swapped)).toEqual({ ok: false, refusal: "profile_damaged" });
          }
        },
      ),
    );
  });

  it("is refused or read as one that could be, whatever the bytes", () => {
    fc.assert(
      fc.property(
        history,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        (past, damage) => {
          const bytes = profileBytes(profileOf(past, hash));
          for (const [at, value] of damage) bytes[at % bytes.length] = value;
          const read = parseProfile(bytes);
          if (!read.ok) return;
          for (const [feature, name] of FEATURES.entries())
            expect(distinctOf(read.value, feature)).toBeLessThanOrEqual(MOST_VALUES[name]);
          expect(profileBytes(read.value)).toEqual(bytes);
        },
      ),
    );
  });
});
