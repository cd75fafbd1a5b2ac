import { createHash, timingSafeEqual } from "node:crypto";
import type { OneTimeCodes, World } from "@postern/service";
import { Secret, TOTP } from "otpauth";

/** What every authenticator app understands (RFC 6238): SHA-1, six digits, 30 seconds. */
const ALGORITHM = "SHA1";
const DIGITS = 6;
const PERIOD = 30;
/** A code of the step before or after counts too: the two clocks need not agree to the second. */
const DRIFT = 1;

export function oneTimeCodes(issuer: string, world: Pick<World, "random">): OneTimeCodes {
  const totp = (secret: string, label: string): TOTP =>
    new TOTP({
      issuer,
      label,
      algorithm: ALGORITHM,
      digits: DIGITS,
      period: PERIOD,
      secret: Secret.fromBase32(secret),
    });
  return {
    make(account) {
      const bytes = world.random(20);
      const secret = new Secret({ buffer: new Uint8Array(bytes).buffer }).base32;
      return { secret, uri: totp(secret, account).toString() };
    },
    stepOf(secret, code, at) {
      const digits = code.replace(/[\s-]/g, "");
      if (!/^\d{6}$/.test(digits)) return null;
      const delta = totp(secret, "").validate({ token: digits, timestamp: at, window: DRIFT });
      return delta === null ? null : Math.floor(at / 1000 / PERIOD) + delta;
    },
    makeRecovery: () => makeRecovery(world),
    positionOf(kept, code) {
      const given = hashOf(kept.salt, plain(code));
      let found: number | null = null;
      // All are compared, so that the time tells nothing of the position.
      for (const [at, hash] of kept.hashes.entries())
        if (timingSafeEqual(Buffer.from(hash, "hex"), given)) found = at;
      return found;
    },
  };
}

const CODES = 10;
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** 80 bits, which nobody guesses: a fast salted hash is enough. */
const LENGTH = 16;

function makeRecovery(world: Pick<World, "random">): ReturnType<OneTimeCodes["makeRecovery"]> {
  const salt = Buffer.from(world.random(16)).toString("hex");
  const codes = Array.from({ length: CODES }, () =>
    [...world.random(LENGTH)].map((byte) => LETTERS[byte & 31] ?? "").join(""),
  );
  return {
    codes: codes.map((code) => code.replace(/(.{4})(?=.)/g, "$1-")),
    kept: { salt, hashes: codes.map((code) => hashOf(salt, code).toString("hex")) },
  };
}

/** As it was made, however it was typed: Crockford's base 32 reads I and L as 1, O as 0. */
function plain(code: string): string {
  return code.toLowerCase().replace(/[\s-]/g, "").replace(/[il]/g, "1").replace(/o/g, "0").slice(0, 64);
}

function hashOf(salt: string, code: string): Buffer {
  return createHash("sha256").update(`${salt}:${code}`).digest();
}
