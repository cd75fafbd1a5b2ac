import type { Event, Session } from "@postern/core";
import type { DraftEvent } from "../record/command.ts";

type Cause = Extract<Event, { readonly type: "session.revoked" }>["cause"];

/** Ends those of them that have not been revoked yet. For the commit in which what they rest on goes. */
export function revocations(
  sessions: readonly Pick<Session, "id" | "revokedAt">[],
  by: DraftEvent["by"],
  cause: Cause,
): readonly DraftEvent[] {
  return sessions
    .filter(({ revokedAt }) => revokedAt === null)
    .map(({ id }) => ({ by, event: { type: "session.revoked", session: id, cause } }));
}
