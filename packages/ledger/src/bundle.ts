import { concatBytes } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { tileWidth } from "./tile.ts";

/** The longest entry that a bundle can hold, in bytes: its length is written in 16 bits. */
export const longestInBundle = 65_535;

/** A bundle's bytes (C2SP tlog-tiles, log entries): each entry behind its length in 16 bits. Throws `malformed_tile`. */
export function entryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > tileWidth) {
    throw new LedgerError("malformed_tile", `expected 1 to ${tileWidth} entries, got ${entries.length}`);
  }
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > longestInBundle) {
        throw new LedgerError(
          "malformed_tile",
          `expected an entry of at most ${longestInBundle} bytes, got ${entry.length}`,
        );
      }
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry];
    }),
  );
}

/** The entries of a bundle. Throws `malformed_tile`. */
export function parseEntryBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const from = at + 2;
    const to = from + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
    if (to > bytes.length) throw new LedgerError("malformed_tile", "the bundle breaks off within an entry");
    entries.push(bytes.slice(from, to));
    at = to;
  }
  if (entries.length !== width) {
    throw new LedgerError("malformed_tile", `expected ${width} entries, got ${entries.length}`);
  }
  return entries;
}
