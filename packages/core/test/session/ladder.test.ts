import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Assurance,
  enrolmentLevel,
  type FactorId,
  type Instant,
  instant,
  milliseconds,
  NIST_LIMITS,
  type ProvenMethod,
  reaches,
  rungOf,
  type Session,
  standingOf,
  weaker,
  withMethods,
} from "../../src/index.ts";

const NOW = instant(1_800_000_000_000);
const MINUTE = 60_000;

function done(
  method: ProvenMethod["method"],
  minutesAgo = 0,
  more: Partial<ProvenMethod> = {},
): ProvenMethod {
  const at = instant(NOW - minutesAgo * MINUTE);
  return { method, at, userVerified: false, deviceBound: false, ...more };
}

const method: fc.Arbitrary<ProvenMethod> = fc.record({
  method: fc.constantFrom("password", "passkey", "totp", "recovery-code", "upstream"),
  at: fc.integer({ min: NOW - 40 * 24 * 3_600_000, max: NOW + 3_600_000 }).map((at) => instant(at)),
  userVerified: fc.boolean(),
  deviceBound: fc.boolean(),
});
const methods = fc.array(method, { maxLength: 6 });
const later = fc.integer({ min: 0, max: 60 * 24 * 3_600_000 }).map((by) => instant(NOW + by));

function levelOf(all: readonly ProvenMethod[], at: Instant): Assurance {
  return rungOf(all, at)?.acr ?? "none";
}

describe("the assurance ladder", () => {
  it("knows one factor as aal1", () => {
    expect(rungOf([done("password")], NOW)).toEqual({ acr: "aal1", amr: ["pwd"], authTime: NOW });
    expect(rungOf([done("totp")], NOW)?.acr).toBe("aal1");
    expect(rungOf([done("passkey")], NOW)).toEqual({ acr: "aal1", amr: ["swk", "user"], authTime: NOW });
  });

  it("takes another provider's word for what it was mapped to, alone, and makes no second factor of it", () => {
    const vouched = (acr: "aal1" | "aal2" | "aal3", minutesAgo = 0): ProvenMethod =>
      done("upstream", minutesAgo, { upstream: { factor: "fac_one" as FactorId, acr, session: "" } });
    for (const acr of ["aal1", "aal2", "aal3"] as const)
      expect(rungOf([vouched(acr, 5)], NOW)).toEqual({
        acr,
        amr: ["upstream"],
        authTime: NOW - 5 * MINUTE,
      });
    expect(rungOf([vouched("aal1"), done("totp")], NOW)?.acr).toBe("aal1");
    expect(rungOf([vouched("aal1"), done("password")], NOW)?.acr).toBe("aal1");
    expect(rungOf([done("upstream")], NOW)?.acr).toBe("aal1");
    expect(rungOf([vouched("aal2", 25 * 60)], NOW)?.acr).toBe("aal1");
  });

  it("knows a password with a one-time code as aal2, as old as the older of the two", () => {
    const rung = rungOf([done("password", 30), done("totp", 1)], NOW);
    expect(rung).toEqual({ acr: "aal2", amr: ["mfa", "otp", "pwd"], authTime: NOW - 30 * MINUTE });
  });

  it("lets a fresh passkey with user verification stand alone and move the time of authentication", () => {
    const rung = rungOf(
      [done("password", 30), done("totp", 20), done("passkey", 1, { userVerified: true })],
      NOW,
    );
    expect(rung).toEqual({ acr: "aal2", amr: ["mfa", "swk", "user"], authTime: NOW - MINUTE });
  });

  it("knows a verified passkey that cannot leave its device as aal3, and one that is backed up as aal2", () => {
    const bound = { userVerified: true, deviceBound: true };
    expect(rungOf([done("passkey", 0, bound)], NOW)?.acr).toBe("aal3");
    expect(rungOf([done("passkey", 0, { ...bound, deviceBound: false })], NOW)?.acr).toBe("aal2");
    expect(rungOf([done("passkey", 0, { ...bound, userVerified: false })], NOW)?.acr).toBe("aal1");
  });

  it("never lets a recovery code reach aal2, except to enrol anew", () => {
    const both = [done("password"), done("recovery-code")];
    expect(rungOf(both, NOW)?.acr).toBe("aal1");
    expect(enrolmentLevel(both, NOW, milliseconds(5 * MINUTE))).toBe("aal2");
    expect(enrolmentLevel([done("recovery-code")], NOW, milliseconds(5 * MINUTE))).toBe("aal1");
    expect(enrolmentLevel([done("password"), done("recovery-code", 6)], NOW, milliseconds(5 * MINUTE))).toBe(
      "aal1",
    );
  });

  it("is never higher with less done", () => {
    fc.assert(
      fc.property(methods, fc.nat(5), (all, at) => {
        const fewer = all.filter((_, index) => index !== at);
        expect(reaches(levelOf(all, NOW), levelOf(fewer, NOW))).toBe(true);
      }),
    );
  });

  it("is never higher than its parts: aal2 rests on two kinds of proof or a verified person, aal3 on a bound key", () => {
    fc.assert(
      fc.property(methods, (all) => {
        const rung = rungOf(all, NOW);
        if (rung === null || rung.acr === "aal1") return;
        const verified = all.some((one) => one.method === "passkey" && one.userVerified);
        const two =
          all.some((one) => one.method === "password") &&
          all.some((one) => one.method === "passkey" || one.method === "totp");
        expect(verified || two).toBe(true);
        if (rung.acr === "aal3")
          expect(all.some((one) => one.method === "passkey" && one.userVerified && one.deviceBound)).toBe(
            true,
          );
      }),
    );
  });

  it("only sinks with time", () => {
    fc.assert(
      fc.property(methods, later, (all, at) => {
        const past = all.filter((one) => one.at <= NOW);
        expect(reaches(levelOf(past, NOW), levelOf(past, at))).toBe(true);
      }),
    );
  });

  it("never states a time of authentication at which nothing was done, nor one that is past its limit", () => {
    fc.assert(
      fc.property(methods, (all) => {
        const rung = rungOf(all, NOW);
        if (rung === null) return;
        expect(all.map(({ at }) => at)).toContain(rung.authTime);
        expect(NOW - rung.authTime).toBeLessThan(NIST_LIMITS[rung.acr]);
        expect(NOW - rung.authTime).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("forgets nothing that counts when it keeps the latest of each sort", () => {
    fc.assert(
      fc.property(methods, methods, (before, more) => {
        const past = (list: readonly ProvenMethod[]): readonly ProvenMethod[] =>
          list.filter(({ at }) => at <= NOW);
        const all = [...past(before), ...past(more)];
        expect(rungOf(withMethods(past(before), past(more)), NOW)).toEqual(rungOf(all, NOW));
      }),
    );
  });

  it("lets a session say less as time passes, what its methods reach by then and never more than was recorded", () => {
    fc.assert(
      fc.property(methods, later, (all, at) => {
        const past = all.filter((one) => one.at <= NOW);
        const rung = rungOf(past, NOW);
        if (rung === null) return;
        const session = { methods: past, ...rung } as unknown as Session;
        const standing = standingOf(session, at);
        expect(standing.acr).toBe(levelOf(past, at));
        expect(weaker(standing.acr, rung.acr)).toBe(standing.acr);
      }),
    );
  });
});
