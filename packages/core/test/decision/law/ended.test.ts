import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  after,
  anOptOut,
  anyScene,
  aScene,
  DAY,
  decideScene,
  honouredScene,
  NOW,
} from "../../../../testing/src/builders/index.ts";
import { instant } from "../../../src/index.ts";
import { waiving, withOptOuts } from "./waiving.ts";

describe("law 2, ended", () => {
  it("nothing is honoured at or after an end, a review or the cap, by the latest time it can be", () => {
    fc.assert(
      fc.property(anyScene, (scene) => {
        const { earliest, latest } = scene.now;
        for (const optOut of waiving(scene, decideScene(scene))) {
          expect(latest).toBeLessThan(Math.min(optOut.expiresAt, optOut.reviewBy, optOut.capAt));
          expect(earliest).toBeGreaterThanOrEqual(optOut.startsAt);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it.each(["expiresAt", "reviewBy", "capAt"] as const)(
    "what was honoured is not once %s has come, to the millisecond",
    (clock) => {
      fc.assert(
        fc.property(honouredScene, (scene) => {
          const ended = withOptOuts(scene, () => ({ [clock]: scene.now.latest }));
          expect(decideScene(ended).outcome).not.toBe("honour");
        }),
      );
    },
  );

  it("what was honoured is not while its start may still be to come, by the earliest time it can be", () => {
    fc.assert(
      fc.property(honouredScene, (scene) => {
        const early = withOptOuts(scene, () => ({ startsAt: instant(scene.now.earliest + 1) }));
        expect(decideScene(early).outcome).not.toBe("honour");
      }),
    );
  });

  it("is honoured in the last millisecond before its end, and not in the next", () => {
    const optOuts = [anOptOut({ expiresAt: after(DAY) })];
    const at = (milliseconds: number): string => {
      const now = after(milliseconds);
      const session = { ...aScene().session, expiresAt: after(2 * DAY) } as never;
      return decideScene(aScene({ optOuts, session, now: { earliest: now, latest: now } })).outcome;
    };
    expect([at(DAY - 1), at(DAY)]).toEqual(["honour", "challenge"]);
  });

  it("a clock in doubt ends it early and starts it late", () => {
    const doubtful = { earliest: NOW, latest: after(5_000) };
    const ending = aScene({ now: doubtful, optOuts: [anOptOut({ expiresAt: after(4_000) })] });
    const starting = aScene({ now: doubtful, optOuts: [anOptOut({ startsAt: after(1_000) })] });
    expect(decideScene(ending).notHonoured[0]?.reason).toBe("expired");
    expect(decideScene(starting).notHonoured[0]?.reason).toBe("not_started");
  });

  it("no opt-out lives longer from its start than policy now allows in total", () => {
    const scene = aScene({
      optOuts: [
        anOptOut({
          startsAt: after(-91 * DAY),
          grantedAt: after(-91 * DAY),
          capAt: after(300 * DAY),
          reviewBy: after(300 * DAY),
        }),
      ],
    });
    expect(decideScene(scene).notHonoured[0]?.reason).toBe("offer_narrowed");
  });

  it("an opt-out granted long before its start is honoured from its start on", () => {
    const scene = aScene({
      optOuts: [anOptOut({ grantedAt: after(-95 * DAY), startsAt: after(-1), capAt: after(80 * DAY) })],
    });
    expect(decideScene(scene).outcome).toBe("honour");
  });

  it.each(["expiresAt", "reviewBy", "capAt", "startsAt"] as const)(
    "an opt-out whose %s is no number is not honoured",
    (clock) => {
      const scene = aScene({ optOuts: [anOptOut({ [clock]: Number.NaN as never })] });
      expect(decideScene(scene).outcome).toBe("challenge");
    },
  );

  it("a review that nobody answered is told as such", () => {
    const scene = aScene({ optOuts: [anOptOut({ reviewBy: after(-1) })] });
    expect(decideScene(scene).notHonoured[0]?.reason).toBe("review_overdue");
  });
});
