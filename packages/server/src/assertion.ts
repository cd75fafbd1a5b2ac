import { type Instant, instant, sessionIsLive } from "@postern/core";
import type { Answer, Service, World } from "@postern/service";
import { SignJWT } from "jose";

/** How long an assertion says it is good for, and how long the same one is handed out again, in milliseconds. */
const GOOD_FOR = 30_000;
const REUSED_FOR = 20_000;
const MOST_KEPT = 20_000;

/** The `typ` of a `Postern-Assertion`, so that no other token signed with the same key passes for one. */
export const ASSERTION_TYPE = "postern-assertion+jwt";

/** What an upstream application learns about a request that was let through, signed. */
export interface Assertions {
  /**
   * The assertion for an answer that was permitted or honoured. Made once per session, acr, set of opt-outs and
   * audience; at most 30 seconds old, never past the end of the session or opt-out, and forgotten on any revocation.
   * A visitor's has no `sub`.
   */
  of(answer: Answer, audience: string): string | Promise<string>;
  close(): void;
}

interface Kept {
  readonly text: string;
  readonly freshUntil: Instant;
  /** The same on the monotonic clock: a wall clock put back does not lengthen it. */
  readonly freshUntilMonotonic: number;
}

export function createAssertions(
  { node }: Pick<Service, "node">,
  world: Pick<World, "wall" | "monotonic">,
  issuer: () => string,
): Assertions {
  const kept = new Map<string, Kept>();
  let generation = 0;
  const stop = node.onChange(() => {
    generation += 1;
    kept.clear();
  });

  async function make(answer: Answer, audience: string, key: string): Promise<string> {
    const made = generation;
    const { privateKey, kid } = node.assertionKey();
    const now = world.wall();
    const monotonic = world.monotonic();
    const end = endOf(answer, now);
    const text = await new SignJWT(claimsOf(answer, now))
      .setProtectedHeader({ alg: "EdDSA", kid, typ: ASSERTION_TYPE })
      .setIssuer(issuer())
      .setAudience(audience)
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(Math.floor(end / 1000))
      .sign(privateKey);
    const left = Math.min(end - now, REUSED_FOR);
    // INVARIANT: what was revoked while this was being signed is not handed out again.
    if (made === generation) {
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(key, { text, freshUntil: instant(now + left), freshUntilMonotonic: monotonic + left });
    }
    return text;
  }

  return {
    of(answer: Answer, audience: string): string | Promise<string> {
      const key = keyOf(answer, audience);
      const found = kept.get(key);
      if (
        found !== undefined &&
        world.wall() < found.freshUntil &&
        world.monotonic() < found.freshUntilMonotonic
      ) {
        return found.text;
      }
      return make(answer, audience, key);
    },
    close(): void {
      stop();
      kept.clear();
    },
  };
}

function claimsOf({ at, session, subject, decision }: Answer, now: Instant): Record<string, unknown> {
  // Whichever of the two clocks is ahead: one that was put back vouches for nobody any longer.
  const latest = instant(Math.max(now, at));
  const optOuts = decision.waived.map(({ optOut }) => optOut).sort();
  return {
    // A public page is permitted in an ended session too; nobody is vouched for by it.
    ...(session === null || subject === null || !sessionIsLive(session, latest)
      ? {}
      : {
          sub: subject.id,
          sub_type: subject.type,
          sid: session.id,
          acr: session.acr,
          amr: session.amr,
          auth_time: Math.floor(session.authTime / 1000),
        }),
    opt_outs: optOuts,
  };
}

function keyOf({ session, subject, decision }: Answer, audience: string): string {
  const who =
    session === null || subject === null
      ? ""
      : `${session.id} ${session.acr} ${session.authTime} ${session.expiresAt}`;
  const { waived } = decision;
  const optOuts =
    waived.length === 0
      ? ""
      : waived
          .map(({ optOut }) => optOut)
          .sort()
          .join(" ");
  return `${who}|${optOuts}|${audience}`;
}

function endOf(answer: Answer, now: Instant): Instant {
  let end: number = now + GOOD_FOR;
  if (answer.session !== null) {
    end = Math.min(end, answer.session.expiresAt, answer.session.inactivityEndsAt ?? end);
  }
  if (answer.decision.waived.length > 0) {
    const { endsAt } = answer.view();
    if (endsAt !== null) end = Math.min(end, Date.parse(endsAt));
  }
  return instant(Math.max(end, now));
}
