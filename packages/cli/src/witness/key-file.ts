import { randomBytes } from "node:crypto";
import { cosigner, formatVkey, fromBase64, LedgerError, toBase64, toHex } from "@postern/ledger";

/** A witness's signing key. */
export interface WitnessKey {
  readonly name: string;
  /** 32 bytes (RFC 8032). */
  readonly seed: Uint8Array;
  readonly vkey: string;
}

const HEADER = "PRIVATE+KEY+";
const COSIGNATURE = 0x04;

/** A new key. Without a name it is called after itself. */
export function makeWitnessKey(name: string | undefined): WitnessKey {
  const seed = new Uint8Array(randomBytes(32));
  const { publicKey } = cosigner("unnamed", seed, 0n);
  return keyOf(name ?? `witness-${toHex(publicKey.slice(0, 6))}`, seed);
}

/** One line, as other tools for signed notes write keys: `PRIVATE+KEY+name+keyid+base64(0x04 ‖ seed)`. */
export function formatWitnessKey({ name, seed, vkey }: WitnessKey): string {
  const [, keyId = ""] = vkey.split("+");
  return `${HEADER}${name}+${keyId}+${toBase64(Uint8Array.of(COSIGNATURE, ...seed))}\n`;
}

/** Reads a key file. No message repeats what it holds. Throws `LedgerError`. */
export function parseWitnessKey(text: string): WitnessKey {
  const line = text.trim();
  const [name = "", keyId = "", ...rest] = line.startsWith(HEADER)
    ? line.slice(HEADER.length).split("+")
    : [];
  const material = bytesOf(rest.join("+"));
  if (material.length !== 33 || material[0] !== COSIGNATURE) {
    throw new LedgerError(
      "malformed_key",
      "expected `PRIVATE+KEY+`, a name, a key id and a key of type 0x04",
    );
  }
  const key = keyOf(name, material.slice(1));
  if (key.vkey.split("+")[1] !== keyId)
    throw new LedgerError("malformed_key", "the key id is not that of the key");
  return key;
}

function bytesOf(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    return new Uint8Array();
  }
}

function keyOf(name: string, seed: Uint8Array): WitnessKey {
  return { name, seed, vkey: formatVkey(cosigner(name, seed, 0n)) };
}
