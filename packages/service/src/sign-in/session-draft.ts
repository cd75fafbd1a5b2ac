import {
  earlier,
  type Instant,
  makeId,
  milliseconds,
  type ProvenMethod,
  plus,
  rungOf,
  type SessionId,
  type SubjectRef,
} from "@postern/core";
import type { FactorParts } from "../factors/factor-parts.ts";
import type { DraftEvent } from "../record/command.ts";
import { makeSecret } from "../seal/secret.ts";

/** Where no SessionProfile says otherwise: a working day. */
const LENGTH = milliseconds(12 * 3_600_000);

export interface SessionDraft {
  readonly id: SessionId;
  readonly secret: string;
  readonly event: DraftEvent;
}

/** The overall end of a session that begins now: that of the shortest profile in force. */
export function overallEnd({ policy }: Pick<FactorParts, "policy">, at: Instant): Instant {
  const profiles = [...policy().sessionProfiles.values()];
  return profiles.reduce(
    (end, { overall }) => earlier(end, plus(at, overall)),
    plus(at, profiles.length === 0 ? LENGTH : milliseconds(30 * 24 * 3_600_000)),
  );
}

/** A session of our own that rests on what was just done. */
export function sessionDraft(
  parts: Pick<FactorParts, "policy" | "pool">,
  subject: SubjectRef,
  methods: readonly ProvenMethod[],
  at: Instant,
  shared: boolean | null = null,
  /** When it ends at the latest; null: nothing was said. */
  endsAt: Instant | null = null,
): SessionDraft {
  const id = makeId("ses", parts.pool.take(16));
  const { secret, hash } = makeSecret("pss", parts.pool);
  const rung = rungOf(methods, at);
  if (rung === null) throw new TypeError("a session needs something that was done");
  const event: DraftEvent = {
    by: { person: subject, via: id },
    event: {
      type: "session.registered",
      handle: hash,
      session: {
        id,
        subject,
        device: null,
        ...rung,
        startedAt: at,
        expiresAt: endsAt === null ? overallEnd(parts, at) : earlier(endsAt, overallEnd(parts, at)),
        inactivityEndsAt: null,
        revokedAt: null,
        registeredBy: "postern",
        methods,
        ...(shared === null ? {} : { shared }),
      },
    },
  };
  return { id, secret, event };
}
