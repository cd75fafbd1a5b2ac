import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventUriOf, SIGNAL_KINDS, signalKindOf } from "../../src/signal/kind.ts";
import { canBeCleared, readStatement } from "../../src/signal/statement.ts";

function read(...given: Parameters<typeof readStatement>): unknown {
  const found = readStatement(...given);
  if (!found.ok) return "refused";
  const { principal, level, amiss } = found.value;
  return [principal, level, amiss];
}

describe("what a signal says", () => {
  it.each([
    ["risk-level-change", { current_level: "HIGH" }, [null, "high", true]],
    ["risk-level-change", { current_level: "medium", principal: "USER" }, ["user", "medium", true]],
    ["risk-level-change", { current_level: "LOW", principal: "DEVICE" }, ["device", "low", false]],
    ["risk-level-change", { current_level: "LOW", principal: "SESSION" }, ["session", "low", false]],
    ["risk-level-change", { current_level: "HIGH", principal: "TENANT" }, "refused"],
    ["risk-level-change", { current_level: "HIGH", principal: null }, "refused"],
    ["risk-level-change", { current_level: "NONE" }, "refused"],
    ["risk-level-change", { current_level: 1 }, "refused"],
    ["risk-level-change", {}, "refused"],
    ["device-compliance-change", { current_status: "compliant" }, [null, null, false]],
    ["device-compliance-change", { current_status: "not-compliant" }, [null, null, true]],
    ["device-compliance-change", { current_status: "non-compliant" }, "refused"],
    ["device-compliance-change", {}, "refused"],
    ["assurance-level-change", {}, [null, null, true]],
    ["assurance-level-change", { change_direction: "increase" }, [null, null, false]],
    ["assurance-level-change", { change_direction: "decrease" }, [null, null, true]],
    ["assurance-level-change", { change_direction: "sideways" }, "refused"],
    ["credential-change", { change_type: "delete" }, [null, null, true]],
    ["credential-change", {}, "refused"],
    ["account-enabled", {}, [null, null, false]],
    ["session-revoked", {}, [null, null, true]],
  ] as const)("%s with %j reads as %j", (kind, claims, expected) => {
    expect(read(kind, claims)).toEqual(expected);
  });

  it("is never that all is well, where its claims are anybody's guess, but of a kind that can say so", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SIGNAL_KINDS),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (kind, claims) => {
          const found = readStatement(kind, claims);
          if (found.ok && !found.value.amiss)
            expect(canBeCleared(kind) || kind === "account-enabled").toBe(true);
        },
      ),
    );
  });

  it("is known by its short name and by its address", () => {
    for (const kind of SIGNAL_KINDS)
      expect([signalKindOf(kind), signalKindOf(eventUriOf(kind))]).toEqual([kind, kind]);
    expect(signalKindOf("https://elsewhere.example/risk-level-change")).toBeNull();
  });
});
