import { concatBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { checkKeyName, cosignatureTime, type KeyAlgorithm, type Signer, type Verifier } from "./key.ts";

/** A signature by a key that was asked about, and which held. */
export interface VerifiedSignature {
  readonly name: string;
  readonly keyId: string;
  readonly algorithm: KeyAlgorithm;
  /** Seconds since 1970 that a witness stated. */
  readonly time?: bigint;
}

/** A note whose text may be believed as far as its signers are. */
export interface OpenedNote {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly VerifiedSignature[];
  /** How many signature lines came from keys that were not asked about. */
  readonly unknownSignatures: number;
}

/** A signature line taken apart; nothing in it is verified. */
export interface ParsedSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A note taken apart; nothing in it is verified. */
export interface ParsedNote {
  readonly text: string;
  readonly signatures: readonly ParsedSignature[];
}

const maxNoteLength = 1_048_576;
const maxSignatures = 100;

function malformed(message: string): LedgerError {
  return new LedgerError("malformed_note", message);
}

// The newline is the only control character that the format lets through.
function holdsControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 && unit !== 0x0a) return true;
  }
  return false;
}

function checkText(text: string): void {
  if (!text.endsWith("\n") || text === "\n") throw malformed("expected a text that ends in a newline");
  if (!text.isWellFormed() || holdsControl(text)) {
    throw malformed("expected UTF-8 without control characters");
  }
}

function signatureLine(signer: Signer, text: Uint8Array): string {
  checkKeyName(signer.name);
  return formatSignatureLine({ ...signer, signature: signer.sign(text) });
}

/** The line of one signature, with its newline. */
export function formatSignatureLine({ name, keyId, signature }: ParsedSignature): string {
  return `— ${name} ${toBase64(concatBytes(fromHex(keyId), signature))}\n`;
}

/** The signature lines alone that a signer puts under a note text: what a witness answers. Throws `malformed_key`. */
export function signatureLines(text: string, ...signers: readonly [Signer, ...Signer[]]): string {
  const bytes = utf8(text);
  return signers.map((signer) => signatureLine(signer, bytes)).join("");
}

/** Takes signature lines apart, each ended by a newline, and verifies nothing. Throws `malformed_note`. */
export function parseSignatureLines(text: string): readonly ParsedSignature[] {
  if (text.length > maxNoteLength) throw malformed(`expected at most ${maxNoteLength} bytes`);
  checkText(text);
  const lines = text.slice(0, -1).split("\n");
  if (lines.length > maxSignatures) throw malformed(`expected at most ${maxSignatures} signatures`);
  return lines.map(parseSignatureLine);
}

/**
 * A note signed by one or more signers (C2SP signed-note). `text` ends in a newline.
 * Throws `malformed_note` or `malformed_key`.
 */
export function signNote(text: string, ...signers: readonly [Signer, ...Signer[]]): string {
  checkText(text);
  const bytes = utf8(text);
  return `${text}\n${signers.map((signer) => signatureLine(signer, bytes)).join("")}`;
}

/** The note with more signatures under the ones it has. Throws `malformed_note` or `malformed_key`. */
export function addSignatures(note: string, ...signers: readonly Signer[]): string {
  const bytes = utf8(parseNote(note).text);
  return note + signers.map((signer) => signatureLine(signer, bytes)).join("");
}

/** Takes a note apart and verifies nothing. Throws `malformed_note`. */
export function parseNote(note: string | Uint8Array): ParsedNote {
  if (note.length > maxNoteLength) throw malformed(`expected at most ${maxNoteLength} bytes`);
  const all = typeof note === "string" ? note : decode(note);
  checkText(all);
  const split = all.lastIndexOf("\n\n");
  if (split <= 0) throw malformed("expected a blank line between text and signatures");
  const lines = all.slice(split + 2);
  if (lines === "") throw malformed("expected at least one signature");
  return { text: all.slice(0, split + 1), signatures: parseSignatureLines(lines) };
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new LedgerError("malformed_note", "expected UTF-8 without control characters", { cause });
  }
}

function parseSignatureLine(line: string): ParsedSignature {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "—" || name === undefined || encoded === undefined || rest.length > 0) {
    throw malformed("expected a signature line of dash, key name and base64");
  }
  try {
    checkKeyName(name);
    const bytes = fromBase64(encoded);
    if (bytes.length <= 4) throw malformed("expected a key id and a signature");
    return { name, keyId: toHex(bytes.slice(0, 4)), signature: bytes.slice(4) };
  } catch (cause) {
    throw new LedgerError("malformed_note", "expected a signature line of dash, key name and base64", {
      cause,
    });
  }
}

/**
 * Opens a note: its text is believed because one of the keys given has signed it. Signatures by other keys
 * are counted and ignored; one by a key given that does not hold, or a second one by it, refuses the whole
 * note. Throws `malformed_note`, `malformed_key`, `bad_signature` or `unknown_key`.
 */
export function openNote(note: string | Uint8Array, verifiers: readonly Verifier[]): OpenedNote {
  const known = new Map<string, Verifier>();
  for (const candidate of verifiers) {
    const id = `${candidate.name}+${candidate.keyId}`;
    if (known.has(id)) throw new LedgerError("malformed_key", `two keys share the name and id \`${id}\``);
    known.set(id, candidate);
  }
  const { text, signatures } = parseNote(note);
  const bytes = utf8(text);
  const verified: VerifiedSignature[] = [];
  const seen = new Set<string>();
  let unknownSignatures = 0;
  for (const { name, keyId, signature } of signatures) {
    const id = `${name}+${keyId}`;
    const key = known.get(id);
    if (key === undefined) {
      unknownSignatures += 1;
      continue;
    }
    if (seen.has(id)) throw malformed(`the key \`${id}\` has signed twice`);
    seen.add(id);
    if (!key.verify(bytes, signature)) {
      throw new LedgerError("bad_signature", `the signature of \`${id}\` does not hold`);
    }
    const time = key.algorithm === "cosignature/v1" ? cosignatureTime(signature) : undefined;
    verified.push({ name, keyId, algorithm: key.algorithm, ...(time === undefined ? {} : { time }) });
  }
  if (verified.length === 0) {
    throw new LedgerError("unknown_key", "none of the keys given has signed this note");
  }
  return { text, signatures: verified, unknownSignatures };
}
