import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Concern } from "../../src/signal/concern.ts";
import { cleared, type Heard, isOutdated, raised, resumeTerms, rulesFor } from "../../src/signal/rule.ts";
import type { SignalLevel } from "../../src/signal/statement.ts";
import { makeId } from "../../src/vocabulary/id.ts";
import { anyMinute, anySource, concern, length, minute, risk, rule } from "./arbitrary.ts";

const id = makeId("sig", new Uint8Array(16).fill(2));
const heard = (more: Partial<Heard> = {}): Heard => ({
  id,
  source: "idp",
  said: risk("high"),
  detail: null,
  happenedAt: minute(10),
  since: minute(11),
  ...more,
});

describe("a rule on signals", () => {
  it("listens to its kinds and its sources alone, and to an account that is enabled where it is about disabled ones", () => {
    const signals = [
      rule({ name: "all" }),
      rule({ name: "edr", from: new Set(["edr"]) }),
      rule({ name: "accounts", kinds: new Set(["account-disabled"]) }),
    ];
    const names = (source: string, said: Parameters<typeof rulesFor>[2]): readonly string[] =>
      rulesFor({ signals }, source, said).map((match) => match.rule.name);
    expect(names("idp", risk("high"))).toEqual(["all"]);
    expect(names("edr", risk("high"))).toEqual(["all", "edr"]);
    const enabled = { kind: "account-enabled", principal: null, level: null, amiss: false } as const;
    expect(names("idp", enabled)).toEqual(["accounts"]);
  });

  it.each([
    [null, "high", true],
    [null, "medium", true],
    [null, "low", false],
    ["high", "high", true],
    ["high", "medium", null],
    ["high", "low", false],
    ["low", "low", true],
  ] as const)("about %s takes a risk of %s for amiss: %s", (level, said, amiss) => {
    expect(rulesFor({ signals: [rule({ level })] }, "idp", risk(said))[0]?.amiss).toBe(amiss);
  });

  it("raises what it covers under the terms of its time, and nothing where it suspends nothing", () => {
    const calm = { length: length(5), since: null };
    const match = { rule: rule({ resume: { calm, stepUp: null, person: false } }), amiss: true };
    expect(raised(match, heard())).toMatchObject({
      source: "idp",
      rule: "high-risk",
      at: minute(10),
      since: minute(11),
      clearedAt: null,
      resume: { calm: { length: length(5), since: "cleared" } },
    });
    expect(raised({ rule: rule({ covers: null }), amiss: true }, heard())).toBeNull();
  });

  it("counts calm from the all-clear where there can be one, else from the signal, unless it says", () => {
    const since = (kind: Concern["kind"], said: "signal" | "cleared" | null) =>
      resumeTerms({ calm: { length: length(1), since: said }, stepUp: null, person: false }, kind).calm
        ?.since;
    expect(since("risk-level-change", null)).toBe("cleared");
    expect(since("credential-compromise", null)).toBe("signal");
    expect(since("risk-level-change", "signal")).toBe("signal");
    expect(resumeTerms({ calm: null, stepUp: null, person: true }, "risk-level-change").calm).toBeNull();
  });
});

describe("signals of one source", () => {
  it("that are older than its last word are outdated, and of two of one moment the one that narrows counts", () => {
    fc.assert(
      fc.property(anyMinute, fc.option(anyMinute), anyMinute, (at, clearedAt, happenedAt) => {
        const standing = concern({ at, clearedAt });
        const newest = Math.max(at, clearedAt ?? 0);
        expect(isOutdated(standing, happenedAt, true)).toBe(happenedAt < newest);
        expect(isOutdated(standing, happenedAt, false)).toBe(happenedAt <= newest);
      }),
    );
  });

  interface Word {
    readonly source: string;
    readonly level: SignalLevel;
    readonly happenedAt: ReturnType<typeof minute>;
  }
  const anyWord: fc.Arbitrary<Word> = fc.record({
    source: anySource,
    level: fc.constantFrom<SignalLevel>("low", "high"),
    happenedAt: anyMinute,
  });
  /** What stands of each source after words that came in this order. */
  function standing(words: readonly Word[]): ReadonlyMap<string, Concern> {
    const held = new Map<string, Concern>();
    for (const [order, { source, level, happenedAt }] of words.entries()) {
      const one = heard({ source, said: risk(level), happenedAt, since: minute(100 + order) });
      for (const match of rulesFor({ signals: [rule()] }, source, one.said)) {
        const before = held.get(source);
        if (before !== undefined && isOutdated(before, happenedAt, match.amiss === true)) continue;
        const after = match.amiss === true ? raised(match, one) : before && cleared(before, one);
        if (after !== undefined && after !== null) held.set(source, after);
      }
    }
    return held;
  }

  it("stack with those of others: no all-clear ends what another source raised", () => {
    fc.assert(
      fc.property(fc.array(anyWord, { maxLength: 20 }), anySource, (words, source) => {
        const alone = standing(words.filter((word) => word.source === source)).get(source);
        const among = standing(words).get(source);
        expect([among?.at, among?.clearedAt]).toEqual([alone?.at, alone?.clearedAt]);
      }),
    );
  });

  it("never let an all-clear pass what happened at its time or later, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.array(anyWord, { minLength: 1, maxLength: 12 }), (words) => {
        for (const [source, one] of standing(words)) {
          const amiss = words.filter((word) => word.source === source && word.level === "high");
          for (const { happenedAt } of amiss)
            if (one.clearedAt !== null) expect(happenedAt).toBeLessThan(one.clearedAt);
        }
      }),
    );
  });
});
