import { asHash, canonicalJson, fromBase64, hashEquals, type Json, opens } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { Snapshot } from "../ports/store.ts";
import { boxContext, hasher, sha256, splitSealed } from "../record/seal-entry.ts";
import { openBox } from "../seal/box.ts";

/** Why an entry's text is not the one that its hash was made of, in words to be read aloud; null: it is. */
export function hashFault(index: number, body: string, leaf: Uint8Array): string | null {
  return leaf.length === 32 && hashEquals(hasher.leaf(Buffer.from(body, "utf8")), asHash(leaf))
    ? null
    : `entry ${index} was changed: its text does not give the hash that was recorded for it`;
}

/** The same, and whether the text has the one form that entries are written in. */
export function textFault(index: number, body: string, leaf: Uint8Array): string | null {
  const changed = hashFault(index, body, leaf);
  if (changed !== null) return changed;
  try {
    if (canonicalJson(JSON.parse(body) as Json) === body) return null;
  } catch {
    return `entry ${index} was changed: its text cannot be read`;
  }
  return `entry ${index} was changed: its text is not written in the one form that entries have`;
}

/**
 * Why a value that was sealed beside an entry is not the one that the entry commits to; null: each that can
 * still be opened is. What was erased cannot be opened, and is not at fault.
 */
export async function sealedFault(
  index: number,
  body: string,
  parts: { readonly store: Snapshot; readonly keys: Keyring },
): Promise<{ readonly fault: string | null; readonly values: number }> {
  const { sealed } = JSON.parse(body) as { readonly sealed: Readonly<Record<string, string>> };
  const names = Object.keys(sealed);
  if (names.length === 0) return { fault: null, values: 0 };
  const stored = await parts.store.sealed(index);
  let values = 0;
  for (const name of names) {
    const found = stored.find(({ pointer }) => pointer === `/sealed/${name}`);
    const commitment = sealed[name] ?? "";
    if (found === undefined)
      return { fault: `the sealed value \`${name}\` of entry ${index} was deleted`, values };
    // A key that does not open is named as the key's fault; one that is gone was erased.
    const secret = parts.keys.get(found.key);
    if (secret === null) continue;
    const opened = openBox(secret, found.box, boxContext(commitment));
    if (opened === null)
      return { fault: `the sealed value \`${name}\` of entry ${index} was changed`, values };
    const { salt, value } = splitSealed(opened);
    if (!opens(fromBase64(commitment), salt, value, sha256))
      return {
        fault: `the sealed value \`${name}\` of entry ${index} is not the one that the entry commits to`,
        values,
      };
    values += 1;
  }
  return { fault: null, values };
}
