import { createHash } from "node:crypto";
import type {
  Assurance,
  Duration,
  FactorUse,
  Instant,
  ProvenMethod,
  SessionId,
  SubjectRef,
} from "@postern/core";
import type { UpstreamSignIn } from "../ports/upstream.ts";
import type { World } from "../ports/world.ts";
import type { RandomPool } from "../seal/box.ts";

export interface Proof {
  readonly method: ProvenMethod;
  readonly use: FactorUse;
  /** What else another identity provider said with it. */
  readonly said?: Pick<UpstreamSignIn, "endsAt" | "states" | "address">;
}

/** What an attempt to sign in is for. */
export interface AttemptAim {
  /** The session to raise; null: a new one. */
  readonly session: SessionId | null;
  readonly wanted: Assurance;
  readonly maxAge: Duration | null;
  /** What was done before does not count for being enough. */
  readonly anew?: boolean;
  /** Where from, as budgets count. */
  readonly network: string;
  /** What the browser kept of an earlier sign-in. */
  readonly known: string | null;
  /** The caller's own, given back when the attempt has come to its end. */
  readonly carry: string;
}

/** One person, and what proved that it is they: none of it says anything of anybody else. */
export interface Known {
  readonly kind: "known";
  readonly subject: SubjectRef;
  readonly proofs: readonly Proof[];
}

/** How far an attempt has come. While its session is being recorded nothing more can be proved in it. */
export type Stage = { readonly kind: "unknown" } | Known | { readonly kind: "finishing" };

export const UNKNOWN: Stage = { kind: "unknown" };
const FINISHING: Stage = { kind: "finishing" };

export interface Attempt {
  readonly aim: AttemptAim;
  readonly stage: Stage;
  /** Whether others use this browser, by what its person ticked; null: nobody was asked. */
  readonly shared: boolean | null;
  readonly begunAt: Instant;
}

/** Attempts that are under way. Working state: losing one only means beginning again. */
export interface Attempts {
  /** With a subject: of a session of theirs, which is to be raised. */
  begin(aim: AttemptAim, subject: SubjectRef | null, at: Instant): string;
  find(secret: string): Attempt | null;
  saysShared(secret: string, shared: boolean): void;
  /** For the next passkey, in place of the one before. False: there is no such attempt. */
  challenge(secret: string, challenge: string): boolean;
  /** Good once. */
  takeChallenge(secret: string): string | null;
  /**
   * From the stage that was read to the next. False: the attempt has moved on or is over, and nothing was changed.
   *
   * DANGER: what proves somebody takes time to check, and meanwhile the attempt may have become about somebody else.
   */
  move(secret: string, from: Stage, to: Known): boolean;
  /** The same, while its session is recorded; `back` where it could not be. */
  finishing(secret: string, from: Known): { back(to: Stage): void } | null;
  /** Ends it: nothing more can be done in it. */
  end(secret: string): void;
}

const GOOD_FOR = 600_000;
const MOST = 50_000;

interface Open {
  readonly aim: AttemptAim;
  readonly begunAt: Instant;
  /** A browser that was led to a second page has been asked for more than it was at first. */
  readonly until: number;
  stage: Stage;
  shared: boolean | null;
  challenge: string | null;
}

export function attempts(
  world: Pick<World, "monotonic">,
  pool: RandomPool,
  onAbandoned: (attempt: Attempt) => void,
): Attempts {
  const open = new Map<string, Open>();
  const abandon = (key: string, attempt: Open): void => {
    open.delete(key);
    onAbandoned(attempt);
  };
  const sweep = (): void => {
    const now = world.monotonic();
    for (const [key, attempt] of open) {
      if (now < attempt.until) break;
      abandon(key, attempt);
    }
  };
  /** Whoever opens the page without end pushes out their own network's attempts, oldest first, and nobody else's. */
  const makeRoom = (): void => {
    if (open.size < MOST) return;
    const counts = new Map<string, number>();
    for (const { aim } of open.values()) counts.set(aim.network, (counts.get(aim.network) ?? 0) + 1);
    const [busiest, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
    let left = Math.ceil(count / 10);
    for (const [key, attempt] of open) {
      if (left === 0) return;
      if (attempt.aim.network !== busiest) continue;
      abandon(key, attempt);
      left -= 1;
    }
  };
  const find = (secret: string): Open | null => {
    const found = open.get(digest(secret));
    if (found === undefined) return null;
    if (world.monotonic() < found.until) return found;
    sweep();
    return null;
  };
  const moved = (secret: string, from: Stage, to: Stage): Open | null => {
    const found = find(secret);
    if (found === null || found.stage !== from) return null;
    found.stage = to;
    return found;
  };
  return {
    begin(aim, subject, begunAt) {
      sweep();
      makeRoom();
      const secret = Buffer.from(pool.take(32)).toString("base64url");
      const until = world.monotonic() + GOOD_FOR;
      const stage: Stage = subject === null ? UNKNOWN : { kind: "known", subject, proofs: [] };
      open.set(digest(secret), { aim, stage, shared: null, challenge: null, begunAt, until });
      return secret;
    },
    find,
    saysShared(secret, shared) {
      const found = find(secret);
      // Once said, it is not taken back in the same attempt.
      if (found !== null && found.shared !== true) found.shared = shared;
    },
    challenge(secret, challenge) {
      const found = find(secret);
      if (found === null) return false;
      found.challenge = challenge;
      return true;
    },
    takeChallenge(secret) {
      const found = find(secret);
      if (found === null) return null;
      const { challenge } = found;
      found.challenge = null;
      return challenge;
    },
    move: (secret, from, to) => moved(secret, from, to) !== null,
    finishing(secret, from) {
      const found = moved(secret, from, FINISHING);
      if (found === null) return null;
      return {
        back(to) {
          found.stage = to;
        },
      };
    },
    end(secret) {
      open.delete(digest(secret));
    },
  };
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
