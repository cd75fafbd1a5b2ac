import { createHash } from "node:crypto";
import type { Instant, SessionId } from "@postern/core";
import type { World } from "../ports/world.ts";
import type { RandomPool } from "../seal/box.ts";

export type ChallengeUse = "registration" | "proof";

export interface DeviceChallenge {
  readonly session: SessionId;
  readonly use: ChallengeUse;
  /** Whatever answers it was signed after this. */
  readonly madeAt: Instant;
}

/** What a device signs: good once, in one session, for one use. Working state: losing one means asking again. */
export interface DeviceChallenges {
  make(session: SessionId, use: ChallengeUse, at: Instant): string;
  /** Uses it up, whatever the answer. */
  spend(text: string, session: SessionId, use: ChallengeUse): DeviceChallenge | null;
}

const GOOD_FOR = 600_000;
const MOST = 50_000;

export function deviceChallenges(world: Pick<World, "monotonic">, pool: RandomPool): DeviceChallenges {
  const open = new Map<string, DeviceChallenge & { readonly until: number }>();
  return {
    make(session, use, madeAt) {
      const now = world.monotonic();
      for (const [key, { until }] of open) {
        if (now < until && open.size < MOST) break;
        open.delete(key);
      }
      const text = Buffer.from(pool.take(32)).toString("base64url");
      open.set(digest(text), { session, use, madeAt, until: now + GOOD_FOR });
      return text;
    },
    spend(text, session, use) {
      const key = digest(text);
      const found = open.get(key);
      open.delete(key);
      return found !== undefined &&
        found.session === session &&
        found.use === use &&
        world.monotonic() < found.until
        ? found
        : null;
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
