import { refuse, type Session, sessionIsLive } from "@postern/core";
import { deviceRevocation, deviceTouches } from "../devices/revocation.ts";
import { problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Command, DraftEvent } from "../record/command.ts";
import { personTouch } from "./ending.ts";

/**
 * Says of a session whether others use its browser. What is shared is never trusted: with the word goes the trust in
 * its device. Nothing where it says so already, or where a tick would clear what was set.
 */
export function marking(
  now: State,
  session: Session,
  shared: boolean | null,
  by: DraftEvent["by"],
): readonly DraftEvent[] {
  if (shared === null || session.shared === shared) return [];
  const device = session.device === null ? undefined : now.device(session.device);
  return [
    { by, event: { type: "session.marked", session: session.id, shared } },
    ...(shared && device !== undefined && device.revokedAt === null
      ? deviceRevocation(now, device, by, "shared")
      : []),
  ];
}

/** A person may say that others use it; only an operator says that they do not, once it was said. */
export function tick(
  now: State,
  session: Session,
  shared: boolean | null,
  by: DraftEvent["by"],
): readonly DraftEvent[] {
  return session.shared === true && shared === false ? [] : marking(now, session, shared, by);
}

/** A person's own word on the browser that they are in. What an operator says of its network outweighs it. */
export function saying(session: Session, shared: boolean, onSharedNetwork: boolean): Command<null> {
  const { id, subject } = session;
  const by: DraftEvent["by"] = { person: subject, via: id };
  return {
    by,
    touches: [`session:${id}`],
    alsoTouches: (now) => [...personTouch(now, id), ...markTouches(now, id)],
    run(now, at) {
      const live = now.countingSession(id);
      if (live === undefined || !sessionIsLive(live, at))
        return refuse(problem("session.ended", "the session has ended; sign in again"));
      return {
        ok: true,
        value: { events: tick(now, live, shared || onSharedNetwork, by), done: () => null },
      };
    },
  };
}

export function markTouches(now: State, id: string): readonly string[] {
  const device = now.session(id)?.device ?? null;
  const trusted = device === null ? undefined : now.device(device);
  return trusted === undefined ? [] : [`device:${trusted.id}`, ...deviceTouches(now, trusted)];
}
