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
import type { ClientSeen } from "../ports/client-data.ts";
import type { UpstreamSignIn } from "../ports/upstream.ts";
import type { World } from "../ports/world.ts";
import type { RandomPool } from "../seal/box.ts";

export interface Proof {
  readonly method: ProvenMethod;
  readonly use: FactorUse;
  /** What else another identity provider said with it. */
  readonly said?: Pick<UpstreamSignIn, "endsAt" | "states">;
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
  /** The same in full, as far as it is known. */
  readonly client?: ClientSeen;
  /** What the browser kept of an earlier sign-in. */
  readonly known: string | null;
  /** The caller's own, given back when the attempt has come to its end. */
  readonly carry: string;
}

export interface Attempt {
  readonly aim: AttemptAim;
  subject: SubjectRef | null;
  proven: readonly Proof[];
  /** Whether others use this browser, by what its person ticked; null: nobody was asked. */
  shared: boolean | null;
  /** For the next passkey; used up by it. */
  challenge: string | null;
  readonly begunAt: Instant;
  /** A browser that was led to a second page has been asked for more than it was at first. */
  readonly until: number;
}

/** Attempts that are under way. Working state: losing one only means beginning again. */
export interface Attempts {
  begin(aim: AttemptAim, subject: SubjectRef | null, at: Instant): string;
  find(secret: string): Attempt | null;
  /** Ends it: nothing more can be done in it. */
  end(secret: string): void;
}

const GOOD_FOR = 600_000;
const MOST = 50_000;

export function attempts(
  world: Pick<World, "monotonic">,
  pool: RandomPool,
  onAbandoned: (attempt: Attempt) => void,
): Attempts {
  const open = new Map<string, Attempt>();
  const sweep = (): void => {
    const now = world.monotonic();
    for (const [key, attempt] of open) {
      if (now < attempt.until && open.size < MOST) break;
      open.delete(key);
      onAbandoned(attempt);
    }
  };
  return {
    begin(aim, subject, begunAt) {
      sweep();
      const secret = Buffer.from(pool.take(32)).toString("base64url");
      const until = world.monotonic() + GOOD_FOR;
      open.set(digest(secret), { aim, subject, proven: [], shared: null, challenge: null, begunAt, until });
      return secret;
    },
    find(secret) {
      const found = open.get(digest(secret));
      if (found === undefined) return null;
      if (world.monotonic() < found.until) return found;
      sweep();
      return null;
    },
    end(secret) {
      open.delete(digest(secret));
    },
  };
}

function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}
