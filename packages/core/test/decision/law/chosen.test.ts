import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anOptOut,
  anyScene,
  aScene,
  decideScene,
  honouredScene,
  idOf,
  NOW,
} from "../../../../testing/src/builders/index.ts";
import { waiving, withOptOuts } from "./waiving.ts";

const byOlga = { by: idOf("sub", "olga"), at: NOW };
const byPia = { by: idOf("sub", "pia"), at: NOW };
const byAna = { by: idOf("sub", "ana"), at: NOW };

describe("law 3, chosen", () => {
  it("whatever is honoured carries the consent and the approvals that it needs", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        for (const optOut of waiving(scene, decideScene(scene))) {
          expect(optOut.standing).toBe("granted");
          expect(optOut.consent !== null || !optOut.consentNeeded).toBe(true);
          const others = optOut.approvals.filter(({ by }) => by !== optOut.requestedBy);
          expect(others.length).toBeGreaterThanOrEqual(optOut.approvalsNeeded);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it("what was honoured is not without its consent", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const taken = withOptOuts(scene, () => ({ consentNeeded: true, consent: null }));
        expect(decideScene(taken).outcome).not.toBe("honour");
      }),
    );
  });

  it.each(["pending", "suspended", "revoked", "denied", "withdrawn"] as const)(
    "an opt-out that is %s is not honoured",
    (standing) => {
      fc.assert(
        fc.property(honouredScene, (scene) => {
          expect(decideScene(withOptOuts(scene, () => ({ standing }))).outcome).not.toBe("honour");
        }),
      );
    },
  );

  it("two approvals are two persons, neither of whom asked for it or holds it", () => {
    const outcome = (approvals: readonly (typeof byOlga)[]): string =>
      decideScene(aScene({ optOuts: [anOptOut({ approvalsNeeded: 2, approvals })] })).outcome;
    expect(outcome([byOlga, byPia])).toBe("honour");
    expect(outcome([byOlga])).toBe("challenge");
    expect(outcome([byOlga, byOlga])).toBe("challenge");
    expect(outcome([byOlga, byAna])).toBe("challenge");
  });

  it("the holder's own approval counts for nothing even where another person asked", () => {
    const optOut = anOptOut({ requestedBy: idOf("sub", "ben"), approvalsNeeded: 1, approvals: [byAna] });
    expect(decideScene(aScene({ optOuts: [optOut] })).outcome).toBe("challenge");
  });

  it("an opt-out is nobody else's: another subject's is never looked at", () => {
    const theirs = anOptOut({ holder: { kind: "subject", subject: idOf("sub", "ben") } });
    const decision = decideScene(aScene({ optOuts: [theirs] }));
    expect(decision.outcome).toBe("challenge");
    expect(decision.notHonoured).toEqual([]);
  });
});
