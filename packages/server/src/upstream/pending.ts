import { createHash, timingSafeEqual } from "node:crypto";
import type { Begun } from "@postern/identity";
import type { World } from "@postern/service";

/** What a sign-in elsewhere is for: to sign in here, or to link it to the account that is signed in. */
export type Purpose = "sign-in" | "link";

interface Pending {
  readonly upstream: string;
  readonly purpose: Purpose;
  /** Of the cookie of the browser that left. */
  readonly browser: string;
  readonly begun: Begun;
  readonly until: number;
}

/** Sign-ins elsewhere that are under way. Working state: losing one only means beginning again. */
export interface PendingUpstreams {
  keep(upstream: string, purpose: Purpose, browser: string, begun: Begun): void;
  /**
   * The sign-in to which an answer belongs: once, at the address of the provider that was asked, in the browser that
   * left. Null: none.
   */
  take(
    upstream: string,
    state: string | null,
    browserOf: (purpose: Purpose) => string | null,
  ): { readonly purpose: Purpose; readonly begun: Begun } | null;
}

const GOOD_FOR = 600_000;
const MOST = 20_000;

export function pendingUpstreams(world: Pick<World, "monotonic">): PendingUpstreams {
  const open = new Map<string, Pending>();
  return {
    keep(upstream, purpose, browser, begun) {
      const now = world.monotonic();
      for (const [key, { until }] of open) {
        if (now < until && open.size < MOST) break;
        open.delete(key);
      }
      const until = now + GOOD_FOR;
      open.set(digest(begun.state), { upstream, purpose, browser: digest(browser), begun, until });
    },
    take(upstream, state, browserOf) {
      if (state === null) return null;
      const key = digest(state);
      const found = open.get(key);
      if (found === undefined) return null;
      const browser = browserOf(found.purpose);
      // An answer that comes in another browser uses nothing up: its owner may still come.
      if (browser === null || !same(digest(browser), found.browser)) return null;
      open.delete(key);
      return found.upstream === upstream && world.monotonic() < found.until ? found : null;
    },
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
