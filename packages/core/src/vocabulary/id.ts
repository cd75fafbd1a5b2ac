import type { Instant } from "./instant.ts";

declare const brand: unique symbol;

/** Kinds of identifier, by the prefix that a person reads. */
export type IdPrefix =
  | "oo"
  | "lk"
  | "ses"
  | "dec"
  | "sub"
  | "dev"
  | "ent"
  | "tok"
  | "pol"
  | "rvw"
  | "act"
  | "vis"
  | "nod"
  | "fac"
  | "rol"
  | "bat"
  | "sig"
  | "str";

/** A random identifier of one kind, such as `oo_3k9…`. */
export type Id<Prefix extends IdPrefix> = `${Prefix}_${string}` & { readonly [brand]: Prefix };

export type OptOutId = Id<"oo">;
export type LockId = Id<"lk">;
export type SessionId = Id<"ses">;
export type DecisionId = Id<"dec">;
export type TokenId = Id<"tok">;
export type FactorId = Id<"fac">;
/** A role that was granted to one person. */
export type RoleId = Id<"rol">;
export type ReviewId = Id<"rvw">;
/** A security signal that was taken in, and what stands because of it. */
export type SignalId = Id<"sig">;
/** A stream of security events to one receiver. */
export type StreamId = Id<"str">;
/** A widening act that takes, or awaits the review of, a second person. */
export type ActId = Id<"act">;
/** A visitor without an account, for the length of one visit. Says nothing of the person. */
export type VisitId = Id<"vis">;
/** A policy revision, named by the hash of its content. */
export type RevisionId = Id<"pol">;
/** The random reference by which the ledger and hot rows know a subject; the link to the person is sealed. */
export type SubjectRef = Id<"sub">;
export type DeviceRef = Id<"dev">;
/** Any entity that is neither a subject nor a device. */
export type ResourceRef = Id<"ent">;
export type EntityRef = SubjectRef | DeviceRef | ResourceRef;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** Makes an identifier from 16 random bytes, in Crockford's base 32, lower case. */
export function makeId<Prefix extends IdPrefix>(prefix: Prefix, random: Uint8Array): Id<Prefix> {
  if (random.length < 16) throw new TypeError("an identifier needs 16 random bytes");
  const text: string[] = [prefix, "_"];
  let bits = 0;
  let held = 0;
  for (let at = 0; at < 16; at++) {
    held = (held << 8) | (random[at] ?? 0);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push(ALPHABET[(held >>> bits) & 31] ?? "");
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) text.push(ALPHABET[(held << (5 - bits)) & 31] ?? "");
  // Joined at once, so that the engine holds it as one piece and not as a chain of thirty.
  return text.join("") as Id<Prefix>;
}

/**
 * The 16 bytes of an identifier that sorts by when it was made: six bytes of milliseconds since 1970, and ten
 * random ones. With zeros for these, it sorts before every identifier made at that instant or later.
 */
export function timeOrdered(at: Instant, random: Uint8Array = new Uint8Array(10)): Uint8Array {
  const bytes = new Uint8Array(16);
  let left = at;
  for (let byte = 5; byte >= 0; byte--) {
    bytes[byte] = left % 256;
    left = Math.floor(left / 256) as Instant;
  }
  bytes.set(random.subarray(0, 10), 6);
  return bytes;
}

export function isId<Prefix extends IdPrefix>(prefix: Prefix, text: string): text is Id<Prefix> {
  return text.startsWith(`${prefix}_`) && BODY.test(text.slice(prefix.length + 1));
}
