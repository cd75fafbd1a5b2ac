import type { UnmetRequirement, WaivedControl } from "../answer.ts";

interface Common {
  /** `dec_…`; null where Postern could not be asked. */
  readonly decisionId: string | null;
}

/** Every requirement is met. */
export interface Permit extends Common {
  readonly outcome: "permit";
  readonly stale: false;
}

/** Let through because an opt-out waives what is not met. Recorded before this answer was given. */
export interface Honour extends Common {
  readonly outcome: "honour";
  readonly stale: false;
  readonly waived: readonly WaivedControl[];
}

interface Refusal extends Common {
  /** What the person may be told. */
  readonly message: string;
  readonly unmet: readonly UnmetRequirement[];
  /** True: Postern could not be asked, and this is what the guard does then. */
  readonly stale: boolean;
  /** Why Postern could not be asked; for one's own log, never for the person. */
  readonly cause: unknown;
}

/** Not let through, and there is something the person can do: sign in, or step up. */
export interface Challenge extends Refusal {
  readonly outcome: "challenge";
  /** Whether the subject is known, but not well enough (RFC 9470); false for a visitor. */
  readonly known: boolean;
  /** The assurance to reach; null where any sign-in will do. */
  readonly acrValues: string | null;
  /** Seconds that the authentication may be old; null where its age does not matter. */
  readonly maxAge: number | null;
  /** The whole challenge as Postern wrote it, for a request by an access token; omitted: it follows from the rest. */
  readonly wwwAuthenticate?: string;
}

/** Not let through. */
export interface Deny extends Refusal {
  readonly outcome: "deny";
}

/** There is no fifth: a switch over `outcome` that misses one does not compile. */
export type GuardDecision = Permit | Honour | Challenge | Deny;

/** What a handler behind the guard is given. */
export type LetThrough = Permit | Honour;
export type Refused = Challenge | Deny;

export function isLetThrough(decision: GuardDecision): decision is LetThrough {
  return decision.outcome === "permit" || decision.outcome === "honour";
}
