import type { SessionId } from "@postern/core";
import type { World } from "../ports/world.ts";

interface Begun {
  readonly totp: { readonly secret: string; readonly uri: string };
  readonly passkey: { readonly challenge: string };
}

/** What was begun on a page and is not enrolled yet. Working state: losing it only means beginning again. */
export interface PendingEnrolments {
  find<Kind extends keyof Begun>(session: SessionId, kind: Kind): Begun[Kind] | null;
  /** The same, for one caller alone: it is not found again. */
  take<Kind extends keyof Begun>(session: SessionId, kind: Kind): Begun[Kind] | null;
  keep<Kind extends keyof Begun>(session: SessionId, kind: Kind, begun: Begun[Kind]): void;
  drop(session: SessionId, kind: keyof Begun): void;
}

const GOOD_FOR = 600_000;
const MOST = 10_000;

export function pendingEnrolments(world: Pick<World, "monotonic">): PendingEnrolments {
  const open = new Map<string, { readonly begun: unknown; readonly until: number }>();
  const find = <Kind extends keyof Begun>(session: SessionId, kind: Kind): Begun[Kind] | null => {
    const found = open.get(`${session}/${kind}`);
    return found === undefined || world.monotonic() >= found.until ? null : (found.begun as Begun[Kind]);
  };
  return {
    find,
    take<Kind extends keyof Begun>(session: SessionId, kind: Kind): Begun[Kind] | null {
      const found = find(session, kind);
      open.delete(`${session}/${kind}`);
      return found;
    },
    keep(session, kind, begun) {
      const now = world.monotonic();
      for (const [key, { until }] of open) {
        if (now < until && open.size < MOST) break;
        open.delete(key);
      }
      open.delete(`${session}/${kind}`);
      open.set(`${session}/${kind}`, { begun, until: now + GOOD_FOR });
    },
    drop(session, kind) {
      open.delete(`${session}/${kind}`);
    },
  };
}
