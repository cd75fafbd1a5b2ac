import { bundlePath, hashEquals, LedgerError, parseEntryBundle, tileWidth, widthAt } from "@postern/ledger";
import { fast } from "../fast-verifier.ts";
import type { LogSource } from "./log-source.ts";

/**
 * Reads the entries from one size to another in bundles and holds each to its hash in the tree: what is wrong, or
 * null. The tree itself was proved before. Throws `SourceError`.
 */
export async function checkEntries(
  source: LogSource,
  from: number,
  to: number,
  token: string,
): Promise<string | null> {
  const { hasher } = fast();
  for (let index = Math.floor(from / tileWidth); index * tileWidth < to; index++) {
    const width = widthAt(0, index, to);
    try {
      const hashes = await source.tile({ level: 0, index, width });
      const entries = parseEntryBundle(await source.bytes(bundlePath({ index, width }), token), width);
      const bad = entries.findIndex(
        (entry, at) => !hashEquals(hasher.leaf(entry), hashes[at] ?? new Uint8Array()),
      );
      if (bad >= 0) return `entry ${index * tileWidth + bad} is not the one that the tree holds`;
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      return `the entries from ${index * tileWidth} on cannot be read: ${error.message}`;
    }
  }
  return null;
}
