import type { Session } from "../session/session.ts";
import type { Duration } from "../vocabulary/duration.ts";
import type { OptOutId } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { NotHonoured } from "./decision.ts";
import type { AppliedLimits } from "./session-limits.ts";

/** When a session ends where something is asked for. */
export interface Timeouts {
  /** With the ends that it has there without any opt-out. */
  readonly session: Session;
  readonly applied: AppliedLimits;
  /** The opt-out that carries it furthest; null: none does. */
  readonly carried: {
    readonly optOut: OptOutId;
    readonly offer: string;
    /** How long without activity it lets pass; null: up to the overall end. */
    readonly inactivity: Duration | null;
    /** The end of the opt-out. */
    readonly until: Instant;
    /** The end of the session with it, if nobody is active meanwhile. */
    readonly endsAt: Instant;
  } | null;
  /** One that is in force elsewhere and does not count here, with the reason. */
  readonly ignored: NotHonoured | null;
}
