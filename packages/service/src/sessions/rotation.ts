import { milliseconds, type Policy, plus, provedAt, type Result, refuse, type Session } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredSession } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import { hashSecret, makeSecret } from "../seal/secret.ts";
import { personTouch } from "./ending.ts";

/** Whether a hash is that of the secret that counts, or of the one before while it is still taken. */
export function isHandle(session: StoredSession, hash: string, now: number): boolean {
  return (
    session.handle === hash || (session.formerHandle?.handle === hash && now < session.formerHandle.until)
  );
}

/**
 * A new secret for a session whose present one is as old as policy lets; null: there is nothing to change. What was
 * under way with the old one goes through for a moment longer. Only who holds the present secret is given the next.
 */
export function rotation(parts: {
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly pool: RandomPool;
  readonly policy: () => Policy;
}): (session: Session, presented: string) => Promise<Result<string | null, Problem>> {
  const { state, writer, clock, pool } = parts;
  return async (session, presented) => {
    const known = state.session(session.id);
    if (known === undefined || !isDue(known, parts.policy(), clock.now().earliest))
      return { ok: true, value: null };
    const hash = hashSecret(presented);
    if (known.handle !== hash) return { ok: true, value: null };
    const { secret, hash: handle } = makeSecret("pss", pool);
    return writer.submit<string | null>({
      by: { person: session.subject, via: session.id },
      touches: [`session:${session.id}`],
      alsoTouches: (now) => personTouch(now, session.id),
      run(now, at) {
        const found = now.session(session.id);
        if (found === undefined || found.revokedAt !== null)
          return refuse(problem("session.ended", "the session has ended; sign in again"));
        // Another window was first: its answer carries the new one.
        if (found.handle !== hash || !isDue(found, parts.policy(), at))
          return { ok: true, value: { events: [], done: () => null } };
        const by = { person: session.subject, via: session.id };
        const event = { type: "session.rotated", session: found.id, handle } as const;
        return { ok: true, value: { events: [{ by, event }], done: () => secret } };
      },
    });
  };
}

function isDue(session: StoredSession, policy: Policy, now: number): boolean {
  const spans = [...policy.sessionProfiles.values()].flatMap(({ when, rotate }) =>
    when === null && rotate !== null ? [rotate] : [],
  );
  if (spans.length === 0) return false;
  const since = session.handleSince ?? provedAt(session);
  return now >= plus(since, milliseconds(Math.min(...spans)));
}
