import type { ControlId } from "../vocabulary/control.ts";
import type { EntityRef, LockId, OptOutId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";

/** What a lock holds shut. `everything` is the one-person brake; it closes, so it may be this wide. */
export type LockTarget =
  | { readonly kind: "everything" }
  | { readonly kind: "control"; readonly control: ControlId }
  | { readonly kind: "offer"; readonly offer: string }
  | { readonly kind: "opt-out"; readonly optOut: OptOutId }
  | { readonly kind: "subject"; readonly subject: SubjectRef }
  | { readonly kind: "device"; readonly device: EntityRef }
  | { readonly kind: "resource"; readonly resource: string };

/** A negative record that beats every opt-out and lease. Without `until` it holds until it is lifted. */
export interface Lock {
  readonly id: LockId;
  readonly target: LockTarget;
  readonly until: Instant | null;
  readonly placedBy: SubjectRef;
  readonly placedAt: Instant;
  readonly liftedAt: Instant | null;
}

/** A lock ends late rather than early: its end compares the earliest possible instant. */
export function lockHolds(lock: Lock, earliest: Instant): boolean {
  return lock.liftedAt === null && (lock.until === null || !(earliest >= lock.until));
}
