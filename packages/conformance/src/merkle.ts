import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromBase64, LedgerError, verifyConsistency, verifyInclusion } from "@postern/ledger";

/** What became of the public RFC 6962 proof vectors. */
export interface MerkleResult {
  /** Proofs that hold and were accepted. */
  readonly accepted: number;
  /** Proofs that do not hold and were refused. */
  readonly refused: number;
  /** Files on which we and the vectors disagree. */
  readonly wrong: readonly string[];
}

interface MerkleCase {
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly [field: string]: unknown;
}

/** The folder of vectors below a conformance folder. */
export function merkleDirectory(conformance: string): string {
  return join(conformance, "merkle", "testdata");
}

/**
 * Puts every inclusion and consistency vector to the ledger's verifiers. `dir` holds the folders `inclusion`
 * and `consistency`. Rejects when they are absent or empty.
 */
export async function runMerkle(dir: string): Promise<MerkleResult> {
  const wrong: string[] = [];
  let accepted = 0;
  let refused = 0;
  for (const [folder, verify] of [
    ["inclusion", inclusion],
    ["consistency", consistency],
  ] as const) {
    const files = (await readdir(join(dir, folder), { recursive: true })).filter((name) =>
      name.endsWith(".json"),
    );
    if (files.length === 0) throw new Error(`no vectors in \`${join(dir, folder)}\``);
    for (const name of files.sort()) {
      const vector = parseCase(await readFile(join(dir, folder, name), "utf8"));
      const holds = proves(() => verify(vector));
      if (holds === vector.wantErr) wrong.push(`${folder}/${name}`);
      else if (holds) accepted += 1;
      else refused += 1;
    }
  }
  return { accepted, refused, wrong };
}

// The sizes pass 2^53, so they are quoted before JSON can round them.
function parseCase(text: string): MerkleCase {
  return JSON.parse(
    text.replaceAll(/("(?:leafIdx|treeSize|size1|size2)":\s*)([0-9]+)/g, '$1"$2"'),
  ) as MerkleCase;
}

function proves(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

function bytes(value: unknown): Uint8Array {
  if (typeof value !== "string") throw new TypeError("expected base64 in the vector");
  return fromBase64(value);
}

function size(value: unknown): bigint {
  if (typeof value !== "string") throw new TypeError("expected a size in the vector");
  return BigInt(value);
}

function inclusion(vector: MerkleCase): void {
  verifyInclusion({
    leafIndex: size(vector.leafIdx),
    treeSize: size(vector.treeSize),
    leafHash: bytes(vector.leafHash),
    proof: (vector.proof ?? []).map(bytes),
    root: bytes(vector.root),
  });
}

function consistency(vector: MerkleCase): void {
  verifyConsistency({
    size1: size(vector.size1),
    size2: size(vector.size2),
    root1: bytes(vector.root1),
    root2: bytes(vector.root2),
    proof: (vector.proof ?? []).map(bytes),
  });
}
