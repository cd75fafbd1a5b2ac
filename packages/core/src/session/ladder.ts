import { type Assurance, reaches } from "../vocabulary/assurance.ts";
import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import type { FactorId } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { Factor, Method } from "./factor.ts";

/** What another identity provider says of a sign-in there, as our configuration translates and caps it. */
export interface UpstreamProof {
  /** The mapping by which its subject is ours. */
  readonly factor: FactorId;
  readonly acr: Exclude<Assurance, "none">;
  /** Keyed hash of its session there, by which that one's end finds ours; empty: it named none. */
  readonly session: string;
}

/** One thing that was done to prove who somebody is, and when. */
export interface ProvenMethod {
  readonly method: Method;
  readonly at: Instant;
  /** A passkey's device verified its person (user verification). */
  readonly userVerified: boolean;
  /** A passkey's key cannot leave its device. */
  readonly deviceBound: boolean;
  /** By which it was done; absent where it was recorded before that was kept. */
  readonly factor?: FactorId;
  /** Of the method `upstream` alone. */
  readonly upstream?: UpstreamProof;
}

/** Whether something that was done was done with this factor, or may have been. */
export function restsOn(
  methods: readonly ProvenMethod[],
  { id, kind }: Pick<Factor, "id" | "kind">,
): boolean {
  return methods.some(
    ({ method, factor, upstream }) => (upstream?.factor ?? factor ?? id) === id && method === kind,
  );
}

/** How long what was done counts, by the level that rests on it. */
export interface LadderLimits {
  readonly aal1: Duration;
  readonly aal2: Duration;
  readonly aal3: Duration;
}

/** Reauthentication of NIST SP 800-63B-4: 30 days at AAL1, 24 hours at AAL2, 12 hours at AAL3. */
export const NIST_LIMITS: LadderLimits = {
  aal1: milliseconds(30 * 24 * 3_600_000),
  aal2: milliseconds(24 * 3_600_000),
  aal3: milliseconds(12 * 3_600_000),
};

/** The same limit for every level: what was done within it counts, nothing else. */
export function within(limit: Duration): LadderLimits {
  return { aal1: limit, aal2: limit, aal3: limit };
}

/** A level, and what it rests on. */
export interface Rung {
  readonly acr: Exclude<Assurance, "none">;
  /**
   * RFC 8176; two are ours: `recovery`, since no registered value tells a recovery code from a one-time code, and
   * `upstream`, since what was done there is that provider's to say.
   */
  readonly amr: readonly string[];
  /** The oldest of the methods that the level rests on. */
  readonly authTime: Instant;
}

/**
 * The highest level that what was done reaches now; null: none. Of several ways to one level the freshest counts.
 *
 * - aal3: a passkey with user verification whose key cannot leave its device (SP 800-63B-4 section 2.3).
 * - aal2: a passkey with user verification, or a password with a passkey or a one-time code.
 * - aal1: any one method. A recovery code stays here: it opens nothing but the way to enrol anew.
 *
 * Another identity provider's word reaches what it was mapped to, alone: what it asked for there is not known to be
 * another factor than ours, so it makes no second one.
 */
export function rungOf(
  methods: readonly ProvenMethod[],
  now: Instant,
  limits: LadderLimits = NIST_LIMITS,
): Rung | null {
  for (const acr of ["aal3", "aal2", "aal1"] as const) {
    // What is said to have been done in the future was not done.
    const counting = methods.filter(({ at }) => at <= now && now - at < limits[acr]);
    const best = waysTo(acr, counting).reduce<readonly ProvenMethod[] | null>(
      (found, way) => (found === null || oldest(way) > oldest(found) ? way : found),
      null,
    );
    if (best !== null) return { acr, amr: amrOf(best), authTime: oldest(best) };
  }
  return null;
}

/**
 * The level at which somebody may change factors. A recovery code beside another method counts for aal2 here and
 * nowhere else: whoever lost the second factor enrols a new one with it.
 */
export function enrolmentLevel(methods: readonly ProvenMethod[], now: Instant, limit: Duration): Assurance {
  const reached = rungOf(methods, now, within(limit))?.acr ?? "none";
  const fresh = methods.filter(({ at }) => at <= now && now - at < limit);
  const recovers =
    fresh.some(({ method }) => method === "recovery-code") &&
    fresh.some(({ method }) => method !== "recovery-code");
  return recovers && !reaches(reached, "aal2") ? "aal2" : reached;
}

/** The highest level that these factors could reach together. Recovery codes and invitations reach none. */
export function reachOf(factors: readonly Factor[]): Assurance {
  const at = 0 as Instant;
  const could = factors.flatMap(({ kind, evidence }): readonly ProvenMethod[] => {
    if (kind === "invitation" || kind === "recovery-code") return [];
    return [
      {
        method: kind,
        at,
        userVerified: evidence?.userVerified ?? false,
        deviceBound: evidence?.deviceBound ?? false,
      },
    ];
  });
  return rungOf(could, at)?.acr ?? "none";
}

function waysTo(acr: Rung["acr"], methods: readonly ProvenMethod[]): readonly (readonly ProvenMethod[])[] {
  const verified = methods.filter(({ method, userVerified }) => method === "passkey" && userVerified);
  const vouched = methods.filter(({ upstream }) => upstream !== undefined && reaches(upstream.acr, acr));
  switch (acr) {
    case "aal3":
      return [...verified.filter(({ deviceBound }) => deviceBound), ...vouched].map((one) => [one]);
    case "aal2": {
      const second = methods.filter(({ method }) => method === "passkey" || method === "totp");
      const passwords = methods.filter(({ method }) => method === "password");
      return [
        ...[...verified, ...vouched].map((one) => [one]),
        ...passwords.flatMap((password) => second.map((one) => [password, one])),
      ];
    }
    case "aal1":
      return methods.map((one) => [one]);
    default:
      return acr satisfies never;
  }
}

function oldest(methods: readonly ProvenMethod[]): Instant {
  return Math.min(...methods.map(({ at }) => at)) as Instant;
}

function amrOf(methods: readonly ProvenMethod[]): readonly string[] {
  const values = new Set<string>();
  for (const { method, userVerified, deviceBound } of methods) {
    switch (method) {
      case "password":
        values.add("pwd");
        break;
      case "totp":
        values.add("otp");
        break;
      case "recovery-code":
        values.add("recovery");
        break;
      case "upstream":
        values.add("upstream");
        break;
      case "passkey":
        values.add(deviceBound ? "hwk" : "swk").add("user");
        if (userVerified) values.add("mfa");
        break;
      default:
        method satisfies never;
    }
  }
  if (methods.length > 1) values.add("mfa");
  return [...values].sort();
}

const KEPT = 8;

/** The methods of a session after one more was done: the latest of each sort, so that the list stays short. */
export function withMethods(
  before: readonly ProvenMethod[],
  more: readonly ProvenMethod[],
): readonly ProvenMethod[] {
  const sorts = new Map<string, ProvenMethod>();
  for (const one of [...before, ...more].toSorted((a, b) => a.at - b.at))
    sorts.set(`${one.method}/${one.userVerified}/${one.deviceBound}/${one.upstream?.factor ?? ""}`, one);
  return [...sorts.values()].toSorted((a, b) => b.at - a.at).slice(0, KEPT);
}
