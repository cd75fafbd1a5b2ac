import type { Instant } from "../vocabulary/instant.ts";

declare const brand: unique symbol;

/** Degrees and kilometres, finite and within their ranges. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  /** How far off it may be. */
  readonly radius: number;
  readonly [brand]: true;
}

export interface PlacedAt {
  readonly place: Place;
  readonly at: Instant;
}

const EARTH_KM = 6371;
/** Faster than any airliner over the ground, with the wind behind it. */
export const FASTEST_KMH = 1_000;
/** Databases err by more than they say, within a city and across a border alike. */
const SLACK_KM = 100;
/** Half of the way around: no place is further than that. */
const WIDEST_KM = 20_038;

/** Null: not a place on Earth. */
export function placeOf(latitude: unknown, longitude: unknown, radius: unknown): Place | null {
  const within = (value: unknown, most: number): value is number =>
    typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= most;
  if (!within(latitude, 90) || !within(longitude, 180) || !within(radius, WIDEST_KM) || radius < 0)
    return null;
  return { latitude, longitude, radius } as Place;
}

/** Great-circle distance by the haversine formula, in kilometres. */
export function distanceKm(a: Place, b: Place): number {
  const radians = Math.PI / 180;
  const north = ((b.latitude - a.latitude) * radians) / 2;
  const east = ((b.longitude - a.longitude) * radians) / 2;
  const chord =
    Math.sin(north) ** 2 +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin(east) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/**
 * Whether nobody can have gone from the one to the other in the time between. Null: there is nothing to compare
 * with. Where a place was known before and none is now, it cannot be ruled out and counts as impossible.
 */
export function impossibleTravel(before: PlacedAt | null, now: PlacedAt | null): boolean | null {
  if (before === null) return null;
  if (now === null) return true;
  const far = distanceKm(before.place, now.place) - before.place.radius - now.place.radius - SLACK_KM;
  if (far <= 0) return false;
  const hours = Math.abs(now.at - before.at) / 3_600_000;
  return far > hours * FASTEST_KMH;
}
