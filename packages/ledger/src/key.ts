import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesEqual, concatBytes, fromBase64, toBase64, toHex, utf8 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { pureHasher } from "./hash.ts";

/** `ed25519` signs the note text (signed-note, type 0x01); `cosignature/v1` is a witness's (tlog-cosignature, 0x04). */
export type KeyAlgorithm = "ed25519" | "cosignature/v1";

/** RFC 8032 verification; a platform's own may be handed in where many notes are opened. */
export type Ed25519Verify = (signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array) => boolean;

/** A public key that may sign notes. */
export interface NoteKey {
  readonly name: string;
  /** Eight lower-case hexadecimal digits: SHA-256(name LF type public-key), its first four bytes. */
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: Uint8Array;
}

/** A key that one trusts, able to check a signature over a note text. */
export interface Verifier extends NoteKey {
  readonly verify: (text: Uint8Array, signature: Uint8Array) => boolean;
}

/** Whoever can sign a note text; the private key may live elsewhere. */
export interface Signer {
  readonly name: string;
  readonly keyId: string;
  /** Signature over the note text, without the key id. */
  readonly sign: (text: Uint8Array) => Uint8Array;
}

const typeByte: Readonly<Record<KeyAlgorithm, number>> = { ed25519: 0x01, "cosignature/v1": 0x04 };
const unusableName = /[\p{White_Space}\p{Cc}+]/u;

/** Throws `malformed_key` for an empty name and for spaces, control characters or `+` in it. */
export function checkKeyName(name: string): void {
  if (name === "" || !name.isWellFormed() || unusableName.test(name)) {
    throw new LedgerError(
      "malformed_key",
      `expected a key name without spaces, control characters or plus signs, got \`${name.slice(0, 80)}\``,
    );
  }
}

/** Key of a name and 32 bytes of Ed25519 public key. Throws `malformed_key`. */
export function noteKey(name: string, publicKey: Uint8Array, algorithm: KeyAlgorithm = "ed25519"): NoteKey {
  checkKeyName(name);
  if (publicKey.length !== 32) {
    throw new LedgerError("malformed_key", `expected 32 bytes of public key, got ${publicKey.length}`);
  }
  const named = concatBytes(utf8(`${name}\n`), Uint8Array.of(typeByte[algorithm]), publicKey);
  return { name, keyId: toHex(pureHasher.sha256(named).slice(0, 4)), algorithm, publicKey };
}

/** The key as text: `name+keyid+base64(type ‖ public-key)` (signed-note, verifier keys). */
export function formatVkey(key: NoteKey): string {
  const material = concatBytes(Uint8Array.of(typeByte[key.algorithm]), key.publicKey);
  return `${key.name}+${key.keyId}+${toBase64(material)}`;
}

/** Reads a vkey; its key id must be the one its name and key give. Throws `malformed_key`. */
export function parseVkey(text: string): NoteKey {
  const [name = "", keyId = "", ...rest] = text.split("+");
  const material = vkeyMaterial(rest.join("+"));
  const algorithm = material[0] === 0x01 ? "ed25519" : material[0] === 0x04 ? "cosignature/v1" : undefined;
  if (algorithm === undefined) {
    throw new LedgerError("malformed_key", "expected a key of type 0x01 or 0x04");
  }
  const key = noteKey(name, material.slice(1), algorithm);
  if (key.keyId !== keyId) {
    throw new LedgerError(
      "malformed_key",
      `expected the key id \`${key.keyId}\`, got \`${keyId.slice(0, 16)}\``,
    );
  }
  return key;
}

function vkeyMaterial(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    throw new LedgerError("malformed_key", "expected `name+keyid+base64`", { cause });
  }
}

const pureVerify: Ed25519Verify = (signature, message, publicKey) => {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

/** Makes a key able to verify. */
export function verifierOf(key: NoteKey, verify: Ed25519Verify = pureVerify): Verifier {
  switch (key.algorithm) {
    case "ed25519":
      return {
        ...key,
        verify: (text, signature) => signature.length === 64 && verify(signature, text, key.publicKey),
      };
    case "cosignature/v1":
      return {
        ...key,
        verify: (text, signature) => {
          const time = cosignatureTime(signature);
          if (time === undefined) return false;
          return verify(signature.slice(8), cosignedMessage(text, time), key.publicKey);
        },
      };
  }
}

/** Verifier of a vkey text. Throws `malformed_key`. */
export function verifier(vkey: string, verify: Ed25519Verify = pureVerify): Verifier {
  return verifierOf(parseVkey(vkey), verify);
}

/** Seconds since 1970 that a `cosignature/v1` states, or nothing when the bytes are not one. */
export function cosignatureTime(signature: Uint8Array): bigint | undefined {
  if (signature.length !== 72) return undefined;
  const time = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
  return time < 2n ** 63n ? time : undefined;
}

function cosignedMessage(text: Uint8Array, time: bigint): Uint8Array {
  return concatBytes(utf8(`cosignature/v1\ntime ${time}\n`), text);
}

/** Signer of note texts from a 32-byte Ed25519 seed. Throws `malformed_key`. */
export function ed25519Signer(name: string, seed: Uint8Array): Signer & NoteKey {
  const secret = checkSeed(seed);
  const key = noteKey(name, ed25519.getPublicKey(secret));
  return { ...key, sign: (text) => ed25519.sign(text, secret) };
}

/** Witness signer that states one time, in seconds since 1970 (tlog-cosignature). Throws `malformed_key`. */
export function cosigner(name: string, seed: Uint8Array, time: bigint): Signer & NoteKey {
  const secret = checkSeed(seed);
  const key = noteKey(name, ed25519.getPublicKey(secret), "cosignature/v1");
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, time);
  return { ...key, sign: (text) => concatBytes(stamp, ed25519.sign(cosignedMessage(text, time), secret)) };
}

function checkSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== 32) {
    throw new LedgerError("malformed_key", `expected a seed of 32 bytes, got ${seed.length}`);
  }
  return seed.slice();
}

/** Whether both name the same key: name, key id and public key. */
export function sameKey(left: NoteKey, right: NoteKey): boolean {
  return (
    left.name === right.name && left.keyId === right.keyId && bytesEqual(left.publicKey, right.publicKey)
  );
}
