import { createHash, timingSafeEqual } from "node:crypto";
import type { SessionId } from "@postern/core";
import type { World } from "@postern/service";

/** How long a link may be followed, in milliseconds. */
const GOOD_FOR = 60_000;
const MOST_OPEN = 10_000;
const CODE = /^[A-Za-z0-9_-]{43}$/;

type LinkRefusal = "spent" | "other-browser";

export interface LinkTarget {
  readonly session: SessionId;
  /** A path of the people's own. */
  readonly path: string;
}

/**
 * Single-use links from a session at the gateway to the people's pages, and from a sign-in there back. A link opens only in the browser that
 * asked for it, only once, and for a minute. Kept in memory: a restart only means asking again.
 */
export interface LinkCodes<Target = LinkTarget> {
  /** `challenge` is the SHA-256 of the asking browser's secret, in base64url. */
  mint(challenge: string, target: Target): string;
  /** Spends the code, whatever the answer. */
  redeem(code: string, browserSecret: string | null): Target | LinkRefusal;
}

interface Open<Target> {
  readonly target: Target;
  readonly challenge: string;
  readonly until: number;
}

export function isChallenge(text: string): boolean {
  return CODE.test(text);
}

export function challengeOf(browserSecret: string): string {
  return createHash("sha256").update(browserSecret).digest("base64url");
}

export function createLinkCodes<Target = LinkTarget>(
  world: Pick<World, "monotonic" | "random">,
): LinkCodes<Target> {
  // Keyed by hash, so that looking one up takes the same time however much of it was guessed.
  const open = new Map<string, Open<Target>>();
  return {
    mint(challenge, target) {
      const now = world.monotonic();
      for (const [key, { until }] of open) {
        if (now < until && open.size < MOST_OPEN) break;
        open.delete(key);
      }
      const code = Buffer.from(world.random(32)).toString("base64url");
      open.set(challengeOf(code), { target, challenge, until: now + GOOD_FOR });
      return code;
    },
    redeem(code, browserSecret) {
      const key = challengeOf(code);
      const found = CODE.test(code) ? open.get(key) : undefined;
      open.delete(key);
      if (found === undefined || world.monotonic() >= found.until) return "spent";
      if (browserSecret === null || !CODE.test(browserSecret)) return "other-browser";
      const given = Buffer.from(challengeOf(browserSecret));
      const asked = Buffer.from(found.challenge);
      if (given.length !== asked.length || !timingSafeEqual(given, asked)) return "other-browser";
      return found.target;
    },
  };
}
