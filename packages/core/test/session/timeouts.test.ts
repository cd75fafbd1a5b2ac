import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Activity,
  activityOf,
  type Instant,
  inactivityEnd,
  limited,
  limitsOf,
  longestRest,
  mergedActivity,
  milliseconds,
  type Session,
  warningBefore,
  withActivity,
} from "../../src/index.ts";

const T0 = 1_800_000_000_000;
const at = (minutes: number): Instant => (T0 + Math.round(minutes * 60_000)) as Instant;
const minutes = (count: number) => milliseconds(count * 60_000);

function session(changes: Partial<Session> = {}): Session {
  return {
    id: "ses_1" as Session["id"],
    subject: "sub_1" as Session["subject"],
    device: null,
    acr: "aal1",
    amr: [],
    authTime: at(0),
    startedAt: at(0),
    expiresAt: at(600),
    inactivityEndsAt: null,
    revokedAt: null,
    registeredBy: "test",
    ...changes,
  };
}

const profile = (inactivity: number | null, overall: number, name = "p") => ({
  name,
  overall: minutes(overall),
  overallSetBy: "policy",
  inactivity: inactivity === null ? null : minutes(inactivity),
  inactivitySetBy: inactivity === null ? null : "policy",
});

/** The longest rest of what is really known, in the same order. */
function trueRest(instants: readonly number[], until: number): number {
  const all = [0, ...instants.toSorted((a, b) => a - b), until];
  return Math.max(...all.slice(1).map((one, index) => one - (all[index] ?? 0)));
}

const told = (instants: readonly number[]): Activity =>
  instants.reduce((activity, one) => withActivity(activity, at(one)), activityOf(session()));

describe("the rest that nobody was at a session", () => {
  it("is the longest of all since the authentication, in whatever order activity is told", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 20 }), (instants) => {
        const sorted = instants.toSorted((a, b) => a - b);
        const last = sorted.at(-1) ?? 0;
        const activity = told(sorted);
        expect(longestRest(activity)).toBe(minutes(last === 0 ? 0 : trueRest(sorted, last)));
        // What is told late only ever makes the rest look longer.
        expect(longestRest(told(instants))).toBeGreaterThanOrEqual(longestRest(activity));
      }),
    );
  });

  it("never shrinks by more activity, and never moves back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 500 }), { maxLength: 20 }), (instants) => {
        let before = activityOf(session());
        for (const one of instants) {
          const after = withActivity(before, at(one));
          expect(longestRest(after)).toBeGreaterThanOrEqual(longestRest(before));
          expect(after.activeAt).toBeGreaterThanOrEqual(before.activeAt);
          before = after;
        }
      }),
    );
  });

  it("of two nodes together is at least the true one, and no longer than the later of them says", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.boolean()), { minLength: 1, maxLength: 20 }),
        (seen) => {
          const of = (here: boolean) =>
            seen.flatMap(([one, there]) => (there === here ? [one] : [])).toSorted((a, b) => a - b);
          const [a, b] = [told(of(true)), told(of(false))];
          const together = mergedActivity(a, b);
          const all = seen.map(([one]) => one);
          const last = Math.max(...all);
          expect(together.activeAt).toBe(at(last));
          expect(longestRest(together)).toBeGreaterThanOrEqual(minutes(trueRest(all, last)));
          const later = a.activeAt > b.activeAt ? a : b;
          expect(longestRest(together)).toBeLessThanOrEqual(longestRest(later));
          expect(mergedActivity(b, a)).toEqual(together);
        },
      ),
    );
  });

  it("begins anew with a reauthentication, and with nothing else", () => {
    const away = told([100]);
    const known = session({ activity: away });
    expect(activityOf(known)).toBe(away);
    const again = { ...known, authTime: at(101) };
    expect(activityOf(again)).toEqual({ since: at(101), activeAt: at(101), gaps: [] });
    // What a slower node noted of before does not count, what happened after does.
    expect(activityOf({ ...again, activity: { ...away, activeAt: at(103) } })).toMatchObject({
      since: at(101),
      activeAt: at(103),
      gaps: [{ from: at(101), length: minutes(2) }],
    });
  });
});

describe("the gaps of a session", () => {
  it("say when it first ended, however many longer ones came after", () => {
    const activity = told([61, 62, 152, 153, 400]);
    expect(inactivityEnd(activity, minutes(60))).toBe(at(60));
    expect(inactivityEnd(activity, minutes(80))).toBe(at(62 + 80));
    expect(inactivityEnd(activity, minutes(240))).toBe(at(153 + 240));
  });

  it("are bounded in number, and end a session no later by it", () => {
    const instants = Array.from({ length: 30 }, (_, one) => (one * (one + 1)) / 2 + one + 1);
    const activity = told(instants);
    expect(activity.gaps.length).toBeLessThanOrEqual(8);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (length) => {
        let clock = 0;
        let ended: number | null = null;
        for (const one of instants) {
          if (ended === null && one - clock >= length) ended = clock + length;
          clock = one;
        }
        expect(inactivityEnd(activity, minutes(length))).toBeLessThanOrEqual(at(ended ?? clock + length));
      }),
    );
  });
});

describe("the end of a session", () => {
  it("is the least of all limits that apply, and says which one set it", () => {
    const limits = limitsOf([profile(60, 480, "shop"), profile(5, 720, "payments"), profile(null, 600)]);
    expect(limits.inactivity).toEqual({ length: minutes(5), setBy: "policy", profile: "payments" });
    expect(limits.overall).toEqual({ length: minutes(480), setBy: "policy", profile: "shop" });
    expect(limitsOf([])).toEqual({ inactivity: null, overall: null });
  });

  it("by inactivity moves with activity; the overall end does not", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 30 }), (gaps) => {
        let clock = 0;
        const activity = gaps.reduce((known, gap) => {
          clock += gap;
          return withActivity(known, at(clock));
        }, activityOf(session()));
        const ended = limited(session({ activity }), limitsOf([profile(15, 480)]));
        expect(ended.inactivityEndsAt).toBe(at(clock + 15));
        expect(ended.expiresAt).toBe(at(480));
      }),
    );
  });

  it("that a gap brought is not undone by activity after it", () => {
    const activity = told([10, 40, 41, 42]);
    expect(inactivityEnd(activity, minutes(15))).toBe(at(25));
    expect(inactivityEnd(activity, minutes(31))).toBe(at(42 + 31));
  });

  it("is never later than what was said of the session itself", () => {
    const said = session({ expiresAt: at(30), inactivityEndsAt: at(20) });
    const ended = limited(said, limitsOf([profile(25, 480)]));
    expect([ended.expiresAt, ended.inactivityEndsAt]).toEqual([at(30), at(20)]);
    expect(limited(said, limitsOf([]))).toBe(said);
  });
});

describe("the warning", () => {
  it("comes at least 20 seconds before the end, however short the timeout is", () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 1, max: 86_400_000 })),
        fc.option(fc.integer({ min: 0, max: 3_600_000 })),
        (length, stated) => warningBefore(length, stated) >= 20_000,
      ),
    );
  });

  it("is a minute for five minutes, else a fifth between two and five minutes, or what policy says", () => {
    const before = (length: number) => warningBefore(minutes(length), null) / 60_000;
    expect([before(5), before(6), before(15), before(20), before(60)]).toEqual([1, 2, 3, 4, 5]);
    expect(warningBefore(minutes(15), 45_000)).toBe(45_000);
  });
});
