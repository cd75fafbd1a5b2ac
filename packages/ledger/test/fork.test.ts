import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyPathOfTiles,
  cosigner,
  ed25519Signer,
  forkEvidence,
  formatFork,
  formatVkey,
  type Hash,
  leafHash,
  nodesOfLeaves,
  parseFork,
  type Tile,
  utf8,
  verifyFork,
} from "../src/index.ts";
import { seed } from "./reference.ts";
import { checkpointOf, entryText, key1, keysOf, type Sample, trust } from "./sample-export.ts";

/** The same log up to `otherFrom`, then another one. */
const branch = (size: number, otherFrom: number): Sample => ({ size, otherFrom });

function evidenceOf(first: Sample, size1: number, second: Sample, size2: number): Promise<string> {
  const leaves = Array.from({ length: size2 }, (_, index) => leafHash(utf8(entryText(index, second))));
  const nodeAt = nodesOfLeaves(leaves);
  const serve = async ({ level, index, width }: Tile): Promise<readonly Hash[]> =>
    Array.from({ length: width }, (_, at) => nodeAt(level * 8, index * 256 + at));
  return consistencyPathOfTiles(size1, size2, serve).then((path) =>
    formatFork(
      forkEvidence({
        keys: keysOf(first),
        notes: [checkpointOf(second, size2), checkpointOf(first, size1)],
        path,
      }),
    ),
  );
}

describe("evidence of a fork", () => {
  it("is proved by two heads and a path wherever the log forked, and said in words", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 33 }), fc.nat(20), fc.nat(32), async (size1, more, at) => {
        const [size2, otherFrom] = [size1 + more, at % size1];
        const text = await evidenceOf({ size: size1 }, size1, branch(size2, otherFrom), size2);
        const report = verifyFork(text, trust);
        expect(report.ok, JSON.stringify(report.checks)).toBe(true);
        expect(report.checks.map(({ check }) => check)).toEqual(["format", "keys", "signatures", "fork"]);
      }),
      { numRuns: 40 },
    );
  });

  it("cannot be made out of a log that only grew", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 33 }), fc.nat(20), async (size1, more) => {
        const text = await evidenceOf({ size: size1 }, size1, { size: size1 + more }, size1 + more);
        expect(verifyFork(text, trust).ok).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it("does not hold with a path that leads elsewhere, nor with another log's key, nor unsigned", async () => {
    const text = await evidenceOf({ size: 9 }, 9, branch(14, 3), 14);
    const read = parseFork(text);
    const refused = [
      formatFork({ ...read, path: read.path.slice(1) }),
      formatFork({ ...read, path: [] }),
      formatFork({ ...read, path: read.path.toReversed() }),
      formatFork({ ...read, origin: "another.example/1" }),
      formatFork({ ...read, first: read.second, second: read.first }),
      formatFork({ ...read, second: read.first, path: [] }),
      formatFork({ ...read, keys: [] }),
      text.replace('"first"', '"First"'),
      "{}",
      "",
    ];
    for (const one of refused) expect(verifyFork(one, trust).ok).toBe(false);
    const stranger = { trustedKeys: [formatVkey(ed25519Signer(key1.name, seed(5)))] };
    expect(verifyFork(text, stranger).ok).toBe(false);
    const asWitness = { trustedKeys: [formatVkey(cosigner(key1.name, seed(1), 1n))] };
    expect(verifyFork(text, asWitness).ok).toBe(false);
  });

  it("reaches over a rotation of keys", async () => {
    const rotated = { size: 20, rotateAt: 12 };
    const text = await evidenceOf({ ...rotated, size: 9 }, 9, { ...rotated, otherFrom: 4 }, 20);
    expect(verifyFork(text, trust).ok).toBe(true);
  });
});
