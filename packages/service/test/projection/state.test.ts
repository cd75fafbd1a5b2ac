import {
  type DeviceRef,
  type Holder,
  type Instant,
  instant,
  type LockId,
  makeId,
  type OptOutId,
  parseScope,
  type RevisionId,
  type SubjectRef,
} from "@postern/core";
import { describe, expect, it } from "vitest";
import {
  emptyState,
  type StoredLock,
  type StoredOptOut,
  type StoredSession,
} from "../../src/projection/state.ts";

const bytes = (seed: number): Uint8Array => new Uint8Array(16).fill(seed);
const ana: SubjectRef = makeId("sub", bytes(1));
const ben: SubjectRef = makeId("sub", bytes(2));
const laptop: DeviceRef = makeId("dev", bytes(3));
const at = (minute: number): Instant => instant(minute * 60_000);

const lock = (seed: number, until: Instant | null): StoredLock => ({
  id: makeId("lk", bytes(seed)) satisfies LockId,
  target: { kind: "everything" },
  until,
  placedBy: ben,
  placedAt: at(0),
  liftedAt: null,
  placedIn: 0,
});

function optOut(seed: number, holder: Holder, requestedBy: SubjectRef): StoredOptOut {
  const scope = parseScope(["get"], ["route:/reports/**"]);
  if (!scope.ok) throw new Error(scope.refusal);
  return {
    id: makeId("oo", bytes(seed)) satisfies OptOutId,
    control: "step-up",
    offer: "reports",
    revision: makeId("pol", bytes(9)) satisfies RevisionId,
    basis: "preference",
    holder,
    scope: scope.value,
    downTo: "aal1",
    standing: "granted",
    requestedBy,
    requestedAt: at(0),
    consentNeeded: false,
    consent: null,
    approvalsNeeded: 1,
    approvals: [],
    grantedAt: at(0),
    decideBy: at(60),
    startsAt: at(0),
    expiresAt: at(60),
    reviewBy: at(60),
    capAt: at(60),
    usesMax: null,
    version: 1,
    requestedIn: 0,
  };
}

describe("the state in memory", () => {
  it("a lock bars until it is lifted", () => {
    const state = emptyState();
    const placed = lock(1, null);
    state.apply("locks", placed.id, placed, 0);
    expect(state.liveLocks).toEqual([placed]);
    state.apply("locks", placed.id, { ...placed, liftedAt: at(1) }, 1);
    expect(state.liveLocks).toEqual([]);
    expect([...state.locks()]).toHaveLength(1);
  });

  it("a lock is forgotten only once the last entry is past its end, whatever the clock says", () => {
    const state = emptyState();
    const placed = lock(1, at(10));
    state.apply("locks", placed.id, placed, 0);
    state.forgetEnded(at(9));
    expect(state.liveLocks).toEqual([placed]);
    state.forgetEnded(at(10));
    expect(state.liveLocks).toEqual([]);
    expect(state.lock(placed.id)).toEqual(placed);
  });

  it("an opt-out is found by its person, its device and its requester, once by each", () => {
    const state = emptyState();
    const here = optOut(4, { kind: "device", device: laptop, subject: ana }, ben);
    const own = optOut(5, { kind: "subject", subject: ana }, ana);
    const guests = optOut(6, { kind: "anonymous" }, ben);
    for (const one of [here, own, guests]) state.apply("opt_outs", one.id, one, 0);
    state.apply("opt_outs", own.id, { ...own, standing: "revoked" }, 1);
    const idsAbout = (ref: string): readonly string[] => state.optOuts.about(ref).map(({ id }) => id);
    expect(idsAbout(ana)).toEqual([here.id, own.id]);
    expect(idsAbout(laptop)).toEqual([here.id]);
    expect(idsAbout(ben)).toEqual([here.id, guests.id]);
    expect(idsAbout("anonymous")).toEqual([guests.id]);
    expect(state.optOuts.about(ana)[1]?.standing).toBe("revoked");
    state.apply("opt_outs", here.id, null, 2);
    expect(idsAbout(laptop)).toEqual([]);
    expect(idsAbout(ana)).toEqual([own.id]);
  });

  it("a session is found by its device, and by the one that it moved to alone", () => {
    const state = emptyState();
    const other: DeviceRef = makeId("dev", bytes(8));
    const session: StoredSession = {
      id: makeId("ses", bytes(7)),
      subject: ana,
      device: laptop,
      acr: "aal1",
      amr: [],
      authTime: at(0),
      startedAt: at(0),
      expiresAt: at(60),
      inactivityEndsAt: null,
      revokedAt: null,
      registeredBy: "postern",
      handle: "a",
    };
    state.apply("sessions", session.id, session, 0);
    expect(state.sessionsOn(laptop)).toEqual([session]);
    const moved = { ...session, device: other, revokedAt: at(1) };
    state.apply("sessions", session.id, moved, 1);
    expect([state.sessionsOn(laptop), state.sessionsOn(other)]).toEqual([[], [moved]]);
    state.clear();
    expect(state.sessionsOn(other)).toEqual([]);
  });

  it("what has ended is no longer looked at by decisions and stays listed", () => {
    const state = emptyState();
    const own = optOut(5, { kind: "subject", subject: ana }, ana);
    state.apply("opt_outs", own.id, own, 0);
    state.forgetEnded(at(59));
    expect(state.optOuts.find(ana, "step-up")).toEqual([own]);
    state.forgetEnded(at(60));
    expect(state.optOuts.find(ana, "step-up")).toEqual([]);
    expect(state.optOuts.get(own.id)).toEqual(own);
  });
});
