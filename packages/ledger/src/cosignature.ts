import { utf8 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { cosignatureTime, type Verifier } from "./key.ts";
import { formatSignatureLine, type ParsedSignature, parseNote, parseSignatureLines } from "./note.ts";

/** A witness's word, which held: when it said that this was the largest tree it had seen of the log. */
export interface Cosignature {
  readonly name: string;
  readonly keyId: string;
  /** Seconds since 1970. */
  readonly time: bigint;
}

function held(
  { name, keyId, signature }: ParsedSignature,
  text: Uint8Array,
  witnesses: readonly Verifier[],
  latest: bigint | undefined,
): Cosignature | undefined {
  const witness = witnesses.find((key) => key.name === name && key.keyId === keyId);
  const time = cosignatureTime(signature);
  if (witness === undefined || witness.algorithm !== "cosignature/v1" || time === undefined) return undefined;
  if (latest !== undefined && time > latest) return undefined;
  return witness.verify(text, signature) ? { name, keyId, time } : undefined;
}

/**
 * The cosignatures of these witnesses under a note, those alone that hold (C2SP tlog-cosignature). What is stated
 * to be of later than `latest` (seconds since 1970) does not count. Throws `malformed_note`.
 */
export function cosignaturesOf(
  note: string,
  witnesses: readonly Verifier[],
  latest?: bigint,
): readonly Cosignature[] {
  const { text, signatures } = parseNote(note);
  const bytes = utf8(text);
  const found = new Map<string, Cosignature>();
  for (const signature of signatures) {
    const one = held(signature, bytes, witnesses, latest);
    if (one !== undefined) found.set(`${one.name}+${one.keyId}`, one);
  }
  return [...found.values()];
}

/**
 * The note with what a witness answered. Lines of other keys are ignored, and so is one that does not hold or is
 * older than the one already there; a newer one takes its place. Throws `malformed_note`, and `unknown_key` where
 * nothing in the answer is a cosignature of these witnesses over this note.
 */
export function withCosignatures(
  note: string,
  lines: string,
  witnesses: readonly Verifier[],
  latest?: bigint,
): string {
  const { text, signatures } = parseNote(note);
  const bytes = utf8(text);
  const kept = [...signatures];
  let taken = 0;
  for (const line of parseSignatureLines(lines)) {
    const fresh = held(line, bytes, witnesses, latest);
    if (fresh === undefined) continue;
    taken += 1;
    const at = kept.findIndex(({ name, keyId }) => name === line.name && keyId === line.keyId);
    const before = kept[at];
    const known = before === undefined ? undefined : held(before, bytes, witnesses, undefined);
    if (known !== undefined && known.time >= fresh.time) continue;
    kept.splice(at < 0 ? kept.length : at, at < 0 ? 0 : 1, line);
  }
  if (taken === 0) throw new LedgerError("unknown_key", "the answer holds no cosignature of this witness");
  return `${text}\n${kept.map(formatSignatureLine).join("")}`;
}
