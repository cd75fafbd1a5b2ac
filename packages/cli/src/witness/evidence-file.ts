import { createHash } from "node:crypto";
import { join } from "node:path";
import { type ForkEvidence, formatFork, parseCheckpoint, parseNote } from "@postern/ledger";
import type { Files } from "../context.ts";

/** More than this from one run is not more evidence, and would fill the disk. */
const MOST = 100;

/** Writes evidence into a folder, the same evidence once. */
export interface EvidenceFolder {
  /** The file; null: it is not written, since there is so much already. */
  write(evidence: ForkEvidence): Promise<{ readonly path: string; readonly fresh: boolean } | null>;
}

export function evidenceFolder(folder: string, files: Files): EvidenceFolder {
  let written = 0;
  return {
    async write(evidence) {
      const text = formatFork(evidence);
      const size = (note: string): bigint => parseCheckpoint(parseNote(note).text).size;
      const name = createHash("sha256")
        .update(`${parseNote(evidence.first).text}${parseNote(evidence.second).text}`)
        .digest("hex")
        .slice(0, 12);
      const path = join(folder, `fork-${size(evidence.first)}-${size(evidence.second)}-${name}.json`);
      if (await files.exists(path)) return { path, fresh: false };
      if (written >= MOST) return null;
      written += 1;
      await files.create(path, [text]);
      return { path, fresh: true };
    },
  };
}
