import type { DecisionView } from "@postern/service";
import { describe, expect, it } from "vitest";
import { decisionLine } from "../src/decision-line.ts";

const HONOUR: DecisionView = {
  id: "dec_1",
  at: "2026-11-28T09:14:22.000Z",
  outcome: "honour",
  subject: { type: "user", id: "ana" },
  action: "get",
  resource: { type: "route", id: "/reports/monthly" },
  revision: "pol_1",
  controls: [{ control: "step-up", result: "waived", reason: null, optOut: "oo_7q2k9example" }],
  endsAt: "2026-11-28T10:00:00.000Z",
  rule: "shop.yaml:14",
  micros: 1_300,
  entry: { index: 3, position: 0 },
  governed: true,
};

describe("the line of a decision", () => {
  it("says what was honoured for whom, by which opt-out, until when, and by which rule", () => {
    expect(decisionLine(HONOUR, { names: true })).toBe(
      "09:14:22 honour    step-up get /reports/monthly  ana  opt-out oo_7q2k… ends 10:00  rule shop.yaml:14  1.3 ms",
    );
  });

  it("names neither person nor path where names are not wanted", () => {
    const line = decisionLine(HONOUR, { names: false });
    expect(line).not.toMatch(/ana|monthly/);
    expect(line).toContain("step-up get route  user");
  });

  it("gives the date of an end on another day", () => {
    expect(decisionLine({ ...HONOUR, endsAt: "2026-12-05T10:00:00.000Z" }, { names: true })).toContain(
      "ends 2026-12-05 10:00",
    );
  });

  it("cannot be made to move the cursor by what others named", () => {
    const resource = { type: "route", id: "/a\u001b[2Jb\n" };
    const line = decisionLine({ ...HONOUR, resource }, { names: true });
    expect(/\p{Cc}/u.test(line)).toBe(false);
  });
});
