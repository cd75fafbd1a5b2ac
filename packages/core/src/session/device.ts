import { type Duration, milliseconds } from "../vocabulary/duration.ts";
import type { DeviceRef, SubjectRef } from "../vocabulary/id.ts";
import { earlier, type Instant, plus } from "../vocabulary/instant.ts";

/**
 * A browser that a person chose to trust, as hot rows hold it: its name and public key are inside `box`, under the
 * person's key. The private key cannot leave the browser.
 */
export interface Device {
  readonly id: DeviceRef;
  readonly subject: SubjectRef;
  /** The first registration. Nothing moves it. */
  readonly registeredAt: Instant;
  readonly expiresAt: Instant;
  readonly revokedAt: Instant | null;
  /** Base64 of the sealed name and public key; empty once its person is gone. */
  readonly box: string;
  /** Keyed hash of the key's thumbprint (RFC 7638). Kept after a revocation: the key is never taken again. */
  readonly blind: string;
}

/** How it stands with the key that a device was registered with. */
export interface DeviceTrust {
  readonly subject: SubjectRef;
  /** Its end, or when it was revoked. */
  readonly until: Instant;
  /** When its key was last known to be there, by what this very request presents; null: it presents no proof. */
  readonly provedAt: Instant | null;
}

/** No trust lasts longer after the first registration, whatever policy says. */
export const LONGEST_TRUST: Duration = milliseconds(90 * 24 * 3_600_000);
/** How long a registration, or a renewal, lasts within that. */
export const USUAL_TRUST: Duration = milliseconds(30 * 24 * 3_600_000);
/** How old the proof may be that something rests on. */
export const PROOF_FRESH: Duration = milliseconds(60_000);

/** Until when a device is trusted that is registered or renewed now. `longest` is what policy says, if it says less. */
export function trustedUntil(registeredAt: Instant, at: Instant, longest: Duration | null): Instant {
  const cap = longest === null || longest > LONGEST_TRUST ? LONGEST_TRUST : longest;
  return earlier(plus(registeredAt, cap), plus(at, USUAL_TRUST));
}

/** Whether something may rest on the device: it is this person's, not shared, and proved its key within the last minute. */
export function deviceIsTrusted(
  { trust, shared }: { readonly trust?: DeviceTrust | null; readonly shared: boolean | null },
  subject: SubjectRef | null,
  latest: Instant,
): boolean {
  if (trust === null || trust === undefined || shared !== false) return false;
  const { provedAt } = trust;
  return (
    trust.subject === subject &&
    latest < trust.until &&
    provedAt !== null &&
    // What is said to have been proved in the future was not proved.
    provedAt <= latest &&
    latest - provedAt < PROOF_FRESH
  );
}
