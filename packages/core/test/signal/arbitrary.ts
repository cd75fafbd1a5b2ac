import fc from "fast-check";
import type { SignalRule } from "../../src/policy/revision.ts";
import type { Session } from "../../src/session/session.ts";
import type { Concern } from "../../src/signal/concern.ts";
import type { SignalLevel, Statement } from "../../src/signal/statement.ts";
import { milliseconds } from "../../src/vocabulary/duration.ts";
import { makeId } from "../../src/vocabulary/id.ts";
import { type Instant, instant } from "../../src/vocabulary/instant.ts";

export const MINUTE = 60_000;
export const minute = (at: number): Instant => instant(at * MINUTE);

export const rule = (more: Partial<SignalRule> = {}): SignalRule => ({
  name: "high-risk",
  owner: "security",
  mode: "enforce",
  at: { file: "policy.yaml", line: 1, column: 1 },
  kinds: new Set(["risk-level-change"]),
  level: null,
  from: null,
  covers: { controls: null, offers: null },
  endSessions: null,
  resume: { calm: null, stepUp: null, person: true },
  ...more,
});

export const risk = (level: SignalLevel): Statement => ({
  kind: "risk-level-change",
  principal: null,
  level,
  amiss: level !== "low",
});

export const concern = (more: Partial<Concern> = {}): Concern => ({
  id: makeId("sig", new Uint8Array(16).fill(1)),
  source: "idp",
  rule: "high-risk",
  kind: "risk-level-change",
  level: "high",
  at: minute(10),
  since: minute(10),
  clearedAt: null,
  clearedSince: null,
  covers: { controls: null, offers: null },
  resume: { calm: null, stepUp: null, person: true },
  ...more,
});

export const session = (more: Partial<Session> = {}): Session => ({
  id: makeId("ses", new Uint8Array(16).fill(1)),
  subject: makeId("sub", new Uint8Array(16).fill(1)),
  device: null,
  acr: "aal2",
  amr: [],
  authTime: minute(0),
  startedAt: minute(0),
  expiresAt: minute(10_000),
  inactivityEndsAt: null,
  revokedAt: null,
  registeredBy: "test",
  ...more,
});

export const anySource: fc.Arbitrary<string> = fc.constantFrom("idp", "edr", "mdm");
export const anyMinute: fc.Arbitrary<Instant> = fc.nat({ max: 60 }).map(minute);
export const length = (minutes: number): ReturnType<typeof milliseconds> => milliseconds(minutes * MINUTE);
