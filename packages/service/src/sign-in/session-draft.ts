import {
  type Duration,
  earlier,
  type Instant,
  makeId,
  milliseconds,
  ownLimits,
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

/** No session lives longer than this after its first authentication, whatever anybody says (NIST AAL1: 30 days). */
export const LONGEST_SESSION: Duration = milliseconds(30 * 24 * 3_600_000);

/** The overall end of a session that was authenticated then, by the limits that count wherever it is shown. */
export function overallEnd({ policy }: Pick<FactorParts, "policy">, at: Instant): Instant {
  const { overall } = ownLimits(policy(), {});
  const longest = policy().sessionProfiles.size === 0 ? LENGTH : LONGEST_SESSION;
  return plus(at, overall === null || overall.length > longest ? longest : overall.length);
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
