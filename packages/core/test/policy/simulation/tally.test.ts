import { describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/decision/decision.ts";
import type { Answered } from "../../../src/policy/simulation/compared.ts";
import { compareAnswers, widens } from "../../../src/policy/simulation/compared.ts";
import { type Replayed, tally } from "../../../src/policy/simulation/tally.ts";

const answer = (outcome: Outcome, more: Partial<Answered> = {}): Answered => ({
  outcome,
  risk: "low",
  governed: true,
  sensitive: false,
  assurance: "aal1",
  demand: { assurance: "aal1", stepUp: null, leases: [] },
  unmet: new Set(),
  waived: new Set(),
  offers: [],
  ...more,
});

let made = 0;
const replayed = (
  before: Answered,
  after: Answered,
  more: { readonly who?: string | null; readonly path?: string } = {},
): Replayed => {
  const { who = "ana", path = "/orders/17" } = more;
  made += 1;
  return {
    id: `dec_${made}`,
    request: {
      subject: who === null ? null : { type: "user", id: who },
      action: "get",
      resource: { type: "route", id: path, segments: path.split("/").slice(1) },
    },
    before,
    after,
  };
};

const stepUp = {
  demand: { assurance: "aal1", stepUp: { assurance: "aal2", maxAge: null }, leases: [] },
} as const;

describe("what a candidate does to an answer", () => {
  it("that permits what was challenged lets through, by the controls that were unmet", () => {
    const before = answer("challenge", { ...stepUp, unmet: new Set(["step-up"]) });
    expect(compareAnswers(before, answer("permit"))).toMatchObject({
      effect: "let-through",
      controls: ["step-up"],
    });
  });

  it("that waives what had to be met says by which offer", () => {
    const after = answer("honour", { ...stepUp, waived: new Set(["step-up"]), offers: ["quick"] });
    expect(compareAnswers(answer("permit", stepUp), after)).toEqual({
      effect: "waived",
      controls: ["step-up"],
      offers: ["quick"],
    });
  });

  it("that asks for less of somebody who had met it is wider, though both are permitted", () => {
    const { effect } = compareAnswers(answer("permit", stepUp), answer("permit"));
    expect(effect).toBe("asked-less");
    expect(widens(effect)).toBe(true);
  });

  it("that challenges what was refused comes nearer, and the other way round it refuses", () => {
    expect(compareAnswers(answer("deny"), answer("challenge")).effect).toBe("can-be-met");
    expect(compareAnswers(answer("challenge"), answer("deny")).effect).toBe("refused");
    expect(compareAnswers(answer("permit"), answer("challenge")).effect).toBe("asked");
    expect(compareAnswers(answer("honour"), answer("deny")).effect).toBe("refused");
    for (const outcome of ["permit", "challenge", "deny"] as const)
      expect(compareAnswers(answer(outcome), answer(outcome)).effect).toBe("same");
  });
});

describe("a tally", () => {
  it("counts every pair of outcomes once, and changed ones into one list each", () => {
    const counts = tally();
    counts.add(replayed(answer("permit"), answer("permit")));
    counts.add(replayed(answer("challenge"), answer("permit")));
    counts.add(replayed(answer("permit"), answer("challenge")));
    counts.add(replayed(answer("permit"), answer("deny")));
    const report = counts.report(10);
    expect(report).toMatchObject({
      decisions: 4,
      changed: 3,
      unprotected: { decisions: 1 },
      asked: { decisions: 1 },
      refused: { decisions: 1 },
    });
    expect(report.matrix.permit).toEqual({ permit: 1, honour: 0, challenge: 1, deny: 1 });
    const all = Object.values(report.matrix).flatMap((row) => Object.values(row));
    expect(all.reduce((sum, one) => sum + one, 0)).toBe(report.decisions);
  });

  it("puts the same change on the same template in one group, and counts people once", () => {
    const counts = tally();
    for (const [who, path] of [
      ["ana", "/orders/1"],
      ["ana", "/orders/2"],
      ["ben", "/orders/3"],
      [null, "/orders/4"],
      [null, "/orders/5"],
    ] as const)
      counts.add(replayed(answer("deny"), answer("permit"), { who, path }));
    const { unprotected } = counts.report(10);
    expect(unprotected).toMatchObject({ decisions: 5, people: 3, total: 1, more: 0 });
    expect(unprotected.groups[0]).toMatchObject({
      resource: "route:/orders/*",
      decisions: 5,
      people: 3,
      subjects: ["user:ana", "user:ben", null],
    });
  });

  it("tells the riskiest first: sensitive, then assurance, then risk, then people", () => {
    const counts = tally();
    const add = (path: string, more: Partial<Answered>, people = 1): void => {
      for (let at = 0; at < people; at++)
        counts.add(replayed(answer("deny", more), answer("permit"), { who: `person-${path}-${at}`, path }));
    };
    add("/many", {}, 5);
    add("/risky", { risk: "high" });
    add("/strong", { assurance: "aal3" });
    add("/sensitive", { sensitive: true, assurance: "none" });
    const found = counts.report(3).unprotected;
    expect(found.groups.map(({ resource }) => resource)).toEqual([
      "route:/sensitive",
      "route:/strong",
      "route:/risky",
    ]);
    expect(found.total).toBe(4);
  });

  it("bounds its groups and says how many decisions it had no room for", () => {
    const counts = tally();
    const letters = "abcdefghijklmnopqrstuvwxyz".split("");
    const words = letters.flatMap((a) => letters.flatMap((b) => [`go${a}${b}x`, `up${a}${b}y`]));
    for (const word of words) counts.add(replayed(answer("deny"), answer("permit"), { path: `/${word}` }));
    const { unprotected } = counts.report(5);
    expect(unprotected).toMatchObject({ decisions: 1_352, total: 1_000, more: 352 });
    expect(unprotected.groups).toHaveLength(5);
  });

  it("counts what nothing governs any more", () => {
    const counts = tally();
    counts.add(replayed(answer("deny"), answer("deny", { governed: false })));
    counts.add(replayed(answer("deny", { governed: false }), answer("deny", { governed: false })));
    expect(counts.report(1).ungoverned).toBe(1);
  });
});
