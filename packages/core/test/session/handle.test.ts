import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ASSURANCES,
  type Assurance,
  cappedBy,
  instant,
  makeId,
  reaches,
  type Session,
  type SessionHandle,
} from "../../src/index.ts";

const LEVELS = ASSURANCES.filter((one): one is Exclude<Assurance, "none"> => one !== "none");
const time = fc.integer({ min: 0, max: 1_000_000 }).map(instant);
const said = { acr: fc.constantFrom(...LEVELS), authTime: time, expiresAt: time };
const sessions: fc.Arbitrary<Session> = fc.record({
  ...said,
  id: fc.constant(makeId("ses", new Uint8Array(16))),
  subject: fc.constant(makeId("sub", new Uint8Array(16))),
  device: fc.constant(null),
  amr: fc.constant(["of-the-session"]),
  startedAt: time,
  inactivityEndsAt: fc.constant(null),
  revokedAt: fc.constant(null),
  registeredBy: fc.constant("postern"),
});
const handles: fc.Arbitrary<SessionHandle> = fc.record({ ...said, amr: fc.constant(["of-the-handle"]) });

describe("a session by its handle", () => {
  it("says no more than the session, and no more than the handle", () => {
    fc.assert(
      fc.property(sessions, handles, (session, handle) => {
        const seen = cappedBy(session, handle);
        for (const one of [session, handle]) {
          expect(reaches(one.acr, seen.acr)).toBe(true);
          expect(seen.authTime).toBeLessThanOrEqual(one.authTime);
          expect(seen.expiresAt).toBeLessThanOrEqual(one.expiresAt);
        }
        expect(seen.amr).toEqual([reaches(session.acr, handle.acr) ? "of-the-handle" : "of-the-session"]);
      }),
    );
  });

  it("is the session where the handle says the same", () => {
    fc.assert(
      fc.property(sessions, (session) => {
        const { acr, amr, authTime, expiresAt } = session;
        if (acr === "none") return;
        expect(cappedBy(session, { acr, amr, authTime, expiresAt })).toEqual(session);
      }),
    );
  });
});
