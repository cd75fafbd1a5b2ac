import { describe, expect, it } from "vitest";
import { after, aLock, anOptOut, DAY, NOW } from "../../../testing/src/builders/index.ts";
import {
  isChosen,
  isLive,
  LIFECYCLE,
  lockHolds,
  mayAct,
  type OptOutAct,
  type OptOutState,
  type Standing,
  stateOf,
} from "../../src/index.ts";

const STATES: readonly OptOutState[] = [
  "pending",
  "scheduled",
  "active",
  "suspended",
  "expired",
  "revoked",
  "denied",
  "withdrawn",
  "lapsed",
];

const TABLE: Readonly<
  Record<OptOutAct, { readonly from: readonly OptOutState[]; readonly to: Standing | null }>
> = {
  consent: { from: ["pending"], to: null },
  approve: { from: ["pending"], to: null },
  deny: { from: ["pending"], to: "denied" },
  withdraw: { from: ["pending"], to: "withdrawn" },
  renew: { from: ["active"], to: null },
  narrow: { from: ["pending", "scheduled", "active", "suspended"], to: null },
  suspend: { from: ["scheduled", "active"], to: "suspended" },
  resume: { from: ["suspended"], to: "granted" },
  revoke: { from: ["scheduled", "active", "suspended"], to: "revoked" },
};

const cases = Object.entries(TABLE).flatMap(([act, { from }]) =>
  STATES.map((state) => [act as OptOutAct, state, from.includes(state)] as const),
);

describe("the lifecycle of an opt-out", () => {
  it.each(cases)("%s while %s: %s", (act, state, allowed) => {
    expect(mayAct(act, state)).toBe(allowed);
  });

  it("leaves the standing that the table says", () => {
    for (const [act, { to }] of Object.entries(TABLE)) expect(LIFECYCLE[act as OptOutAct].to).toBe(to);
  });

  it("lets nothing happen to what has ended", () => {
    const ended: readonly OptOutState[] = ["expired", "revoked", "denied", "withdrawn", "lapsed"];
    for (const act of Object.keys(TABLE) as OptOutAct[]) {
      expect(ended.filter((state) => mayAct(act, state))).toEqual([]);
    }
  });

  it.each([
    ["pending", {}, "pending"],
    ["pending", { decideBy: NOW }, "lapsed"],
    ["pending", { expiresAt: NOW }, "lapsed"],
    ["granted", {}, "active"],
    ["granted", { startsAt: after(1) }, "scheduled"],
    ["granted", { expiresAt: NOW }, "expired"],
    ["granted", { capAt: NOW }, "expired"],
    ["granted", { reviewBy: NOW }, "expired"],
    ["suspended", {}, "suspended"],
    ["suspended", { expiresAt: NOW }, "expired"],
    ["revoked", { expiresAt: NOW }, "revoked"],
    ["denied", {}, "denied"],
    ["withdrawn", {}, "withdrawn"],
  ] as const)("%s with %j reads as %s", (standing, changes, state) => {
    const optOut = anOptOut({ standing, ...changes });
    expect(stateOf(optOut, NOW)).toBe(state);
    expect(isLive(optOut, NOW)).toBe(["pending", "active", "scheduled", "suspended"].includes(state));
  });

  it("turns from active to expired in the millisecond of its end", () => {
    const optOut = anOptOut({ expiresAt: after(DAY) });
    expect([stateOf(optOut, after(DAY - 1)), stateOf(optOut, after(DAY))]).toEqual(["active", "expired"]);
  });

  it("is chosen by a consent where one is needed", () => {
    expect(isChosen(anOptOut())).toBe(true);
    expect(isChosen(anOptOut({ consent: null }))).toBe(false);
  });
});

describe("a lock", () => {
  it("without an end holds until it is lifted", () => {
    expect(lockHolds(aLock({ kind: "everything" }), after(9_999 * DAY))).toBe(true);
    expect(lockHolds(aLock({ kind: "everything" }, { liftedAt: NOW }), NOW)).toBe(false);
  });
});
