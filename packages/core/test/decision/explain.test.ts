import { describe, expect, it } from "vitest";
import {
  after,
  anOffer,
  anOptOut,
  aProtection,
  aScene,
  explainScene,
  ruleOf,
} from "../../../testing/src/builders/index.ts";
import { REASONS } from "../../src/index.ts";

describe("explain", () => {
  it("names the opt-out that waived, its offer, and where policy states the offer", () => {
    const offer = anOffer({ at: { file: "reports.yaml", line: 19, column: 1 } });
    const told = explainScene(
      aScene({ policy: { protections: [aProtection()], offers: [offer], risk: null } }),
    );
    expect(told.optOuts).toEqual([
      {
        optOut: "oo_one",
        control: "step-up",
        offer: "relaxed",
        used: true,
        reason: null,
        detail: "waived stepped up to aal2",
        at: { file: "reports.yaml", line: 19, column: 1 },
      },
    ]);
    expect(told.checks.find(({ check }) => check === "step-up")?.result).toBe("waived");
  });

  it("says why an opt-out was not honoured, with the place of its offer", () => {
    const offer = anOffer({ at: { file: "reports.yaml", line: 19, column: 1 } });
    const told = explainScene(
      aScene({
        policy: { protections: [aProtection()], offers: [offer], risk: null },
        optOuts: [anOptOut({ expiresAt: after(-1) })],
      }),
    );
    expect(told.optOuts[0]).toMatchObject({
      used: false,
      reason: "expired",
      detail: `not honoured: ${REASONS.expired}`,
      at: { file: "reports.yaml", line: 19 },
    });
  });

  it("places every unmet requirement at the Protections that ask for it", () => {
    const at = { file: "reports.yaml", line: 3, column: 1 };
    const told = explainScene(
      aScene({ policy: { protections: [aProtection({ at })], offers: [], risk: null } }),
    );
    const check = told.checks.find((one) => one.check === "step-up");
    expect(check).toMatchObject({ result: "unmet", reason: "assurance_too_low", at: [at] });
    expect(check?.detail).toContain("can be met by step-up");
  });

  it("shows each rule of who is permitted with its result and place", () => {
    const rule = {
      ...ruleOf("subject.level > 3"),
      name: "senior",
      at: { file: "p.yaml", line: 9, column: 5 },
    };
    const told = explainScene(
      aScene({ policy: { protections: [aProtection({ permit: [rule] })], offers: [], risk: null } }),
    );
    const check = told.checks.find((one) => one.check === "permitted");
    expect(check?.detail).toMatch(/^rules: senior \(fault: /);
    expect(check?.at).toEqual([rule.at]);
  });

  it("tells every check once, in one order, met ones too", () => {
    expect(explainScene(aScene()).checks.map(({ check, result }) => `${check} ${result}`)).toEqual([
      "governed met",
      "permitted met",
      "authentication met",
      "step-up waived",
      "session-timeout met",
      "just-in-time-access met",
      "identity met",
    ]);
  });

  it("has a sentence for every reason, without a full stop", () => {
    for (const text of Object.values(REASONS)) expect(text).toMatch(/^[a-z].*[^.]$/);
  });
});
