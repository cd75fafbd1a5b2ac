import type { ChallengeCounts, RiskReport } from "@postern/sdk";
import { describe, expect, it } from "vitest";
import { reportText } from "../../src/commands/risk/report-text.ts";

const COUNTS: ChallengeCounts = {
  asked: 0,
  met: 0,
  abandoned: 0,
  open: 0,
  denied: 0,
  unneeded: 0,
  right: 0,
  alarmed: 0,
};
const value = (level: "medium" | "high", at: number, more = {}) => ({
  level,
  at,
  inForce: false,
  fewer: 0,
  more: 0,
  unneededAvoided: 0,
  rightMissed: 0,
  alarmedMissed: 0,
  ...more,
});
const report = (more: Partial<RiskReport> = {}): RiskReport => ({
  since: "2026-11-15T10:00:00Z",
  until: "2026-11-22T10:00:00Z",
  ended: "all",
  reached: null,
  decisions: 120,
  visitors: 0,
  notRead: [],
  risk: COUNTS,
  always: COUNTS,
  parts: [],
  signals: [],
  thresholds: [],
  fewestMarks: 20,
  milliseconds: 12,
  ...more,
});
const thresholds = (enough: boolean): RiskReport["thresholds"] => [
  {
    segment: null,
    medium: 30,
    high: 70,
    decisions: 100,
    unneeded: enough ? 18 : 3,
    right: 4,
    alarmed: 2,
    enough,
    values: [
      value("high", 60, { more: 7 }),
      value("high", 70, { inForce: true }),
      value("high", 80, { fewer: 12, unneededAvoided: 3, rightMissed: 1 }),
      value("high", 100, { fewer: 30 }),
    ],
  },
];

describe("postern risk report", () => {
  it("reads as sentences where there is nothing to tell", () => {
    expect(reportText(report())).toBe(
      [
        "120 decisions from 2026-11-15T10:00:00Z to 2026-11-22T10:00:00Z.",
        "Risk led to 0 challenges.",
        "At any risk policy led to 0 challenges.",
        "",
      ].join("\n"),
    );
  });

  it("says of each part what became of its challenges, and that few marks are too few to tell", () => {
    const part = {
      ...COUNTS,
      asked: 12,
      met: 9,
      abandoned: 2,
      open: 1,
      unneeded: 4,
      right: 1,
      enough: false,
    };
    const text = reportText(report({ parts: [{ kind: "rule", name: "new country", ...part }] }));
    expect(text).toContain(
      "rule `new country`: 12 challenges (9 met, 2 abandoned, 1 still open); 4 marked unneeded; 1 marked right\n",
    );
    expect(text).toContain("Fewer than 20 marks are too few to tell");
  });

  it("tells both sides of a threshold only where there are marks enough", () => {
    const told = reportText(report({ thresholds: thresholds(true) }));
    expect(told).toContain("Thresholds now: medium from 30, high from 70; 100 scores.\n");
    expect(told).toContain("  high from 60: 7 challenges more\n");
    expect(told).toContain(
      "  high from 80: 12 challenges fewer; 3 of 18 marked unneeded avoided, 1 of 4 marked right missed, 0 of 2 followed by a signal missed\n",
    );
    const few = reportText(report({ thresholds: thresholds(false) }));
    expect(few).toContain(
      "Too few marks to tell how many would have been spared or missed: 7, and it takes 20.\n",
    );
    expect(few).toContain("  high from 80: 12 challenges fewer\n");
    expect(few).not.toContain("avoided");
  });

  it("leaves out values far from those in force, and such as change nothing", () => {
    const text = reportText(report({ thresholds: thresholds(true) }));
    expect(text).not.toContain("high from 100");
    expect(text).not.toContain("high from 70:");
  });

  it("prints no control characters that a name of policy might hold", () => {
    const part = { ...COUNTS, enough: true, kind: "rule" as const, name: "a\u001b[2Jb" };
    expect(reportText(report({ parts: [part] }))).not.toContain("\u001b");
  });
});
