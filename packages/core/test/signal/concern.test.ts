import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProvenMethod } from "../../src/session/ladder.ts";
import {
  calmAt,
  clearedBy,
  concernCovers,
  isHeldBack,
  type ResumeTerms,
  steppedUp,
} from "../../src/signal/concern.ts";
import { exactly } from "../../src/vocabulary/instant.ts";
import { anyMinute, concern, length, minute, session } from "./arbitrary.ts";

const terms = (more: Partial<ResumeTerms>): { readonly resume: ResumeTerms } => ({
  resume: { calm: null, stepUp: null, person: false, ...more },
});
const proven = (method: ProvenMethod["method"], at: number): ProvenMethod => ({
  method,
  at: minute(at),
  userVerified: false,
  deviceBound: false,
});

describe("what stands against somebody", () => {
  it("holds back the controls and offers that it covers, all where it names none, and nothing where it covers none", () => {
    const optOut = { control: "step-up", offer: "reports" } as const;
    const covers = (controls: readonly "step-up"[] | null, offers: readonly string[] | null): boolean =>
      concernCovers(concern({ covers: { controls, offers } }), optOut);
    expect([covers(null, null), covers(["step-up"], []), covers([], ["reports"])]).toEqual([
      true,
      true,
      true,
    ]);
    expect([covers([], []), covers([], ["pay"])]).toEqual([false, false]);
    expect(concernCovers(concern({ covers: null }), optOut)).toBe(false);
    expect(isHeldBack(undefined, optOut)).toBe(false);
    expect(isHeldBack([concern({ covers: null }), concern()], optOut)).toBe(true);
  });

  it("ends by calm counted from the signal, or from the all-clear and not before there is one", () => {
    const since = (which: "signal" | "cleared") => terms({ calm: { length: length(5), since: which } });
    expect(calmAt(concern(since("signal")))).toBe(minute(15));
    expect(calmAt(concern(since("cleared")))).toBeNull();
    expect(calmAt(concern({ ...since("cleared"), clearedSince: minute(20) }))).toBe(minute(25));
    expect(calmAt(concern(terms({})))).toBeNull();
  });

  it("stands as long as the earliest that it may be is before the end of calm", () => {
    const one = concern(terms({ calm: { length: length(5), since: "signal" } }));
    fc.assert(
      fc.property(anyMinute, anyMinute, (a, b) => {
        const now = a < b ? { earliest: a, latest: b } : { earliest: b, latest: a };
        expect(clearedBy(one, [], now)).toBe(now.earliest >= minute(15) ? "calm" : null);
      }),
    );
  });

  it("is ended by no time and no proof where policy names neither", () => {
    fc.assert(
      fc.property(anyMinute, (now) => {
        const fresh = session({ authTime: now });
        expect(clearedBy(concern(terms({ person: true })), [fresh], exactly(now))).toBeNull();
      }),
    );
  });
});

describe("a step-up", () => {
  const one = concern(terms({ stepUp: { assurance: "aal2", maxAge: length(15) } }));

  it("answers a signal where it was done after it, is high enough and fresh, in a session that is live", () => {
    const good = session({ authTime: minute(12) });
    const answers = (more: Partial<typeof good>, now = 20): boolean =>
      steppedUp(one, [session(), { ...good, ...more }], minute(now));
    expect(answers({})).toBe(true);
    expect(answers({ authTime: minute(10) })).toBe(false);
    expect(answers({ acr: "aal1" })).toBe(false);
    expect(answers({ revokedAt: minute(15) })).toBe(false);
    expect(answers({ expiresAt: minute(20) })).toBe(false);
    expect(answers({ inactivityEndsAt: minute(20) })).toBe(false);
    expect([answers({}, 26), answers({}, 27)]).toEqual([true, false]);
    expect(clearedBy(one, [good], exactly(minute(20)))).toBe("step-up");
  });

  it("counts only what was done since: a second factor of before the signal does not join a password after it", () => {
    const [password, code] = [proven("password", 12), proven("totp", 13)];
    const stepped = (methods: readonly ProvenMethod[]): boolean =>
      steppedUp(one, [session({ authTime: minute(13), methods })], minute(20));
    expect(stepped([password, code])).toBe(true);
    expect(stepped([password, proven("totp", 9)])).toBe(false);
    expect(stepped([password, proven("totp", 10)])).toBe(false);
    expect(stepped([])).toBe(false);
  });

  it("answers nothing where policy does not name one", () => {
    expect(steppedUp(concern(terms({})), [session({ authTime: minute(12) })], minute(13))).toBe(false);
  });
});
