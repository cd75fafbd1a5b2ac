import { Secret, TOTP } from "otpauth";

const PERIOD = 30;

function totp(secret: string, name: string): TOTP {
  return new TOTP({
    issuer: "Harbour shop (sample)",
    label: name,
    algorithm: "SHA1",
    digits: 6,
    period: PERIOD,
    secret: Secret.fromBase32(secret),
  });
}

export function newSecret(): string {
  return new Secret({ size: 20 }).base32;
}

/** The address that an authenticator app reads. */
export function otpauthUri(secret: string, name: string): string {
  return totp(secret, name).toString();
}

/** The code of a time step, as an authenticator app shows it. */
export function codeAt(secret: string, step: number): string {
  return totp(secret, "").generate({ timestamp: step * PERIOD * 1000 });
}

/** The time step of a moment. */
export function stepAt(at: number): number {
  return TOTP.counter({ period: PERIOD, timestamp: at });
}

/**
 * The step of a code that is right now, one step before or one after, and newer than any used before
 * (RFC 6238 section 5.2: a code is good once). Null: refused.
 */
export function acceptedStep(
  secret: string,
  name: string,
  code: string,
  lastStep: number,
  at: number,
): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const delta = totp(secret, name).validate({ token: code, window: 1, timestamp: at });
  if (delta === null) return null;
  const step = TOTP.counter({ period: PERIOD, timestamp: at }) + delta;
  return step > lastStep ? step : null;
}

/** A code that `acceptedStep` takes, and how many milliseconds to wait before it does. */
export function nextCode(
  secret: string,
  name: string,
  lastStep: number,
  at: number,
): { readonly code: string; readonly wait: number } {
  const current = TOTP.counter({ period: PERIOD, timestamp: at });
  const step = Math.max(current, lastStep + 1);
  const begins = step * PERIOD * 1000;
  const code = totp(secret, name).generate({ timestamp: begins });
  return { code, wait: Math.max(begins - PERIOD * 1000 - at, 0) };
}
