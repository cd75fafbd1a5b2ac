import type { Instant } from "../vocabulary/instant.ts";
import { accept, type Result, refuse } from "../vocabulary/result.ts";
import type { Day } from "./day.ts";
import { FEATURES, type Feature, type Sighting } from "./feature.ts";
import { impossibleTravel, type PlacedAt } from "./place.ts";
import { lastPlaceOf, type Profile, seenOf, signInsOf } from "./profile.ts";

declare const brand: unique symbol;

/** A whole number from 0 to 1,000,000. */
export type Count = number & { readonly [brand]: true };

export const NO_COUNT: Count = 0 as Count;
const MOST = 1_000_000;

export function parseCount(value: unknown): Result<Count, string> {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
    return refuse(`expected a whole number from 0, got \`${String(value).slice(0, 40)}\``);
  return accept(Math.min(value, MOST) as Count);
}

export type Compliance = "compliant" | "non-compliant" | "unknown";

export function parseCompliance(value: unknown): Compliance {
  return value === "compliant" || value === "non-compliant" ? value : "unknown";
}

/** What Postern knows of the risk of a request, by name. Null: it cannot be said, and counts as its worst. */
export interface Signals {
  readonly newDevice: boolean | null;
  readonly newNetwork: boolean | null;
  readonly newAsn: boolean | null;
  readonly newCountry: boolean | null;
  readonly newAgent: boolean | null;
  readonly unusualHour: boolean | null;
  readonly impossibleTravel: boolean | null;
  readonly knownBadNetwork: boolean | null;
  /** Failed attempts to sign in since the last one that succeeded. */
  readonly failedAttempts: Count | null;
  /** When a credential was last changed; null: never, as far as is known. */
  readonly credentialChangedAt: Instant | null;
  readonly compliance: Compliance;
  /** Sign-ins in the history, at most six of each day. */
  readonly signIns: number;
}

/** By the name that policy requires them under, what must be there for the signal to be known. */
export type Requirable = Feature | "place" | "compliance" | "failedAttempts";
export const REQUIRABLE: readonly Requirable[] = [...FEATURES, "place", "compliance", "failedAttempts"];

export interface Surroundings {
  readonly placed: PlacedAt | null;
  readonly knownBadNetwork: boolean | null;
  readonly failedAttempts: Count | null;
  readonly credentialChangedAt: Instant | null;
  readonly compliance: Compliance;
}

/** A value is new until a sign-in with it, of a day before, has met its challenge. Without a history everything is. */
export function signalsOf(
  profile: Profile | null,
  sighting: Sighting,
  around: Surroundings,
  today: Day,
): Signals {
  const isNew = (feature: Feature): boolean | null => {
    const token = sighting[FEATURES.indexOf(feature)] ?? 0;
    if (token === 0) return null;
    const seen = profile === null ? null : seenOf(profile, token);
    return seen === null || seen.firstDay >= today;
  };
  return {
    newDevice: isNew("device"),
    newNetwork: isNew("network"),
    newAsn: isNew("asn"),
    newCountry: isNew("country"),
    newAgent: isNew("browser"),
    unusualHour: isNew("hour"),
    impossibleTravel:
      profile === null ? null : (impossibleTravel(lastPlaceOf(profile), around.placed) ?? false),
    knownBadNetwork: around.knownBadNetwork,
    failedAttempts: around.failedAttempts,
    credentialChangedAt: around.credentialChangedAt,
    compliance: around.compliance,
    signIns: profile === null ? 0 : signInsOf(profile),
  };
}

/** Which of the required signals are not there. */
export function missingSignals(
  required: readonly Requirable[],
  sighting: Sighting,
  around: Surroundings,
): readonly Requirable[] {
  return required.filter((name) => {
    switch (name) {
      case "place":
        return around.placed === null;
      case "compliance":
        return around.compliance === "unknown";
      case "failedAttempts":
        return around.failedAttempts === null;
      default:
        return (sighting[FEATURES.indexOf(name)] ?? 0) === 0;
    }
  });
}
