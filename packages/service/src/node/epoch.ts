import type { Actor } from "@postern/core";
import type { State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";

/** What ended in this node's memory: it stays ended, although the log that said so is lost. */
export interface Endings {
  readonly revoked: ReadonlySet<string>;
  readonly suspended: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
}

export function endingsOf(state: State): Endings {
  const revoked = new Set<string>();
  const suspended = new Set<string>();
  for (const { id, standing } of state.optOuts.all()) {
    if (standing === "suspended") suspended.add(id);
    else if (standing !== "granted" && standing !== "pending") revoked.add(id);
  }
  const tokens = [...state.tokens()].filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id);
  return { revoked, suspended, tokens: new Set(tokens) };
}

/**
 * The events of going on from a log that lost its end. Nothing widens by it: what this node saw end ends again, and
 * no session counts any more, since the end of any may be among what was lost.
 */
export function acceptance(
  state: State,
  by: Actor,
  epoch: number,
  lost: number,
  endings: Endings,
): readonly DraftEvent[] {
  const events: DraftEvent[] = [{ by, event: { type: "epoch.accepted", epoch, lost } }];
  const cause = "lost-tail" as const;
  for (const { id, standing } of state.optOuts.all()) {
    if (standing !== "granted" && standing !== "suspended" && standing !== "pending") continue;
    if (endings.revoked.has(id)) {
      events.push(
        standing === "pending"
          ? { by, event: { type: "opt-out.withdrawn", optOut: id } }
          : { by, event: { type: "opt-out.revoked", optOut: id, cause } },
      );
    } else if (endings.suspended.has(id) && standing === "granted") {
      events.push({ by, event: { type: "opt-out.suspended", optOut: id, cause } });
    }
  }
  for (const { id, revokedAt } of state.tokens())
    if (revokedAt === null && endings.tokens.has(id))
      events.push({ by, event: { type: "token.revoked", token: id } });
  for (const { id, revokedAt } of state.sessions())
    if (revokedAt === null) events.push({ by, event: { type: "session.revoked", session: id, cause } });
  return events;
}
