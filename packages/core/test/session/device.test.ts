import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DeviceFacts,
  deviceIsTrusted,
  type Instant,
  instant,
  LONGEST_TRUST,
  makeId,
  milliseconds,
  PROOF_FRESH,
  plus,
  trustedUntil,
  USUAL_TRUST,
} from "../../src/index.ts";

const ANA = makeId("sub", new Uint8Array(16).fill(1));
const BEA = makeId("sub", new Uint8Array(16).fill(2));
const NOW = instant(1_800_000_000_000);
const at = (offset: number): Instant => instant(NOW + offset);

const facts = (
  changes: Partial<NonNullable<DeviceFacts["trust"]>> = {},
): Pick<DeviceFacts, "trust" | "shared"> => ({
  shared: false,
  trust: { subject: ANA, until: at(1), provedAt: NOW, ...changes },
});

describe("a device is trusted", () => {
  it("by a proof of the last minute, of its own person, before its end, and where nobody else uses it", () => {
    expect(deviceIsTrusted(facts(), ANA, NOW)).toBe(true);
    expect(deviceIsTrusted({ ...facts(), shared: true }, ANA, NOW)).toBe(false);
    expect(deviceIsTrusted({ ...facts(), shared: null }, ANA, NOW)).toBe(false);
    expect(deviceIsTrusted(facts(), BEA, NOW)).toBe(false);
    expect(deviceIsTrusted(facts(), null, NOW)).toBe(false);
    expect(deviceIsTrusted(facts({ until: NOW }), ANA, NOW)).toBe(false);
    expect(deviceIsTrusted({ shared: false, trust: null }, ANA, NOW)).toBe(false);
    expect(deviceIsTrusted({ shared: false }, ANA, NOW)).toBe(false);
  });

  it("at no instant that is not within a minute after a proof, whichever way a clock jumped", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (offset) => {
        const trusted = deviceIsTrusted(facts({ until: at(1e10), provedAt: at(offset) }), ANA, NOW);
        expect(trusted).toBe(offset <= 0 && -offset < PROOF_FRESH);
      }),
    );
    expect(deviceIsTrusted(facts({ provedAt: Number.NaN as Instant }), ANA, NOW)).toBe(false);
    expect(deviceIsTrusted(facts({ until: Number.NaN as Instant }), ANA, NOW)).toBe(false);
  });
});

describe("the end of trust", () => {
  it("never passes what policy and Postern let, counted from the first registration, however often it is renewed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 120 * 86_400_000 }), { maxLength: 12 }),
        fc.option(fc.integer({ min: 1, max: 400 * 86_400_000 })),
        (renewals, longest) => {
          const cap = Math.min(longest ?? LONGEST_TRUST, LONGEST_TRUST);
          for (const after of [0, ...renewals]) {
            const end = trustedUntil(NOW, at(after), longest === null ? null : milliseconds(longest));
            expect(end).toBeLessThanOrEqual(NOW + cap);
            expect(end).toBeLessThanOrEqual(plus(at(after), USUAL_TRUST));
          }
        },
      ),
    );
  });
});
