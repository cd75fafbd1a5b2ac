import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addSignatures,
  consistencyProof,
  cosignaturesOf,
  cosigner,
  ed25519Signer,
  emptyRoot,
  formatAddCheckpoint,
  formatCheckpoint,
  formatVkey,
  judgeCheckpoint,
  longestAddCheckpoint,
  nodesOfLeaves,
  parseAddCheckpoint,
  parseNote,
  signatureLines,
  signNote,
  verifierOf,
  withCosignatures,
} from "../src/index.ts";
import { leavesOf, naiveRoot, seed } from "./reference.ts";

const origin = "postern.example/1";
const log = ed25519Signer(origin, seed(1));
const leaves = leavesOf(200);
const nodeAt = nodesOfLeaves(leaves);
const head = (size: number) => ({ size: BigInt(size), root: naiveRoot(leaves.slice(0, size)) });
const noteAt = (size: number) => signNote(formatCheckpoint({ origin, ...head(size) }), log);
const proof = (from: number, to: number) =>
  from === 0 || from === to ? [] : consistencyProof(from, to, nodeAt);
const witness = (time: bigint, byte = 9, name = "witness.example/w1") => cosigner(name, seed(byte), time);
const key = verifierOf(witness(0n));
const code = (expected: string) => expect.objectContaining({ code: expected });
const textOf = (note: string) => parseNote(note).text;

describe("a witness's judgement", () => {
  it("accepts every growth that its proof shows, from nothing on", () => {
    fc.assert(
      fc.property(fc.nat(199), fc.nat(199), (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const held = from === 0 ? null : head(from);
        const request = { oldSize: BigInt(from), proof: proof(from, to) };
        expect(judgeCheckpoint(held, request, head(to))).toEqual({ kind: "consistent" });
      }),
      { numRuns: 60 },
    );
  });

  it("refuses another root at the remembered size, whatever old size is claimed", () => {
    const other = { size: 9n, root: leaves[0] ?? emptyRoot() };
    for (const oldSize of [0n, 5n, 9n]) {
      expect(judgeCheckpoint(head(9), { oldSize, proof: [] }, other)).toEqual({ kind: "forked" });
    }
  });

  it("tells its own size to whoever builds on another one", () => {
    expect(judgeCheckpoint(head(9), { oldSize: 0n, proof: [] }, head(12))).toEqual({
      kind: "other_size",
      size: 9n,
    });
    expect(judgeCheckpoint(null, { oldSize: 4n, proof: proof(4, 12) }, head(12))).toEqual({
      kind: "other_size",
      size: 0n,
    });
    expect(judgeCheckpoint(head(9), { oldSize: 5n, proof: [] }, head(5))).toEqual({
      kind: "other_size",
      size: 9n,
    });
  });

  it("refuses a proof of something else, a proof where none may be, and a step backwards", () => {
    const judge = (oldSize: bigint, given: ReturnType<typeof proof>, to: number, held = head(9)) =>
      judgeCheckpoint(held, { oldSize, proof: given }, head(to)).kind;
    expect(judge(9n, proof(8, 20), 20)).toBe("unproved");
    expect(judge(9n, [], 20)).toBe("unproved");
    expect(judge(9n, proof(8, 20), 9)).toBe("unproved");
    expect(judge(20n, proof(9, 20), 9)).toBe("backwards");
    expect(judgeCheckpoint(null, { oldSize: 0n, proof: proof(8, 20) }, head(20)).kind).toBe("unproved");
  });

  it("does not take a tree of no entries with a root of its own", () => {
    expect(judgeCheckpoint(null, { oldSize: 0n, proof: [] }, { size: 0n, root: head(1).root }).kind).toBe(
      "forked",
    );
    expect(judgeCheckpoint(null, { oldSize: 0n, proof: [] }, { size: 0n, root: emptyRoot() }).kind).toBe(
      "consistent",
    );
  });
});

describe("a request to cosign", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 199 }), fc.integer({ min: 1, max: 199 }), (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const request = { oldSize: from, proof: proof(from, to), checkpoint: noteAt(to) };
        const read = parseAddCheckpoint(formatAddCheckpoint(request));
        expect(read).toMatchObject({ oldSize: BigInt(from), checkpoint: request.checkpoint });
        expect(read.proof).toEqual(request.proof);
        expect(read.claims).toMatchObject({ origin, ...head(to) });
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ["without an old size", `${noteAt(3)}`],
    ["with a leading zero", `old 03\n\n${noteAt(3)}`],
    ["with a negative size", `old -1\n\n${noteAt(3)}`],
    ["of more than 64 bits", `old 18446744073709551616\n\n${noteAt(3)}`],
    ["with a short hash", `old 2\nAAAA\n\n${noteAt(3)}`],
    ["with 64 hashes", `old 2\n${`${"A".repeat(43)}=\n`.repeat(64)}\n${noteAt(3)}`],
    ["without a signature", `old 2\n\n${textOf(noteAt(3))}`],
    ["with carriage returns", `old 2\r\n\r\n${noteAt(3)}`],
    ["of nothing", ""],
    ["that is too long", `old 2\n\n${noteAt(3)}${"— a AAAAAAAA\n".repeat(9_000)}`],
  ])("is refused %s", (_, body) => {
    expect(() => parseAddCheckpoint(body)).toThrow(code("malformed_request"));
  });

  it("has a longest length that a note with a hundred signatures fits into", () => {
    expect(noteAt(3).length * 100).toBeLessThan(longestAddCheckpoint);
  });
});

describe("a cosignature", () => {
  it("is taken from a witness's answer and put under the note, once", () => {
    const lines = signatureLines(textOf(noteAt(7)), witness(5n));
    const once = withCosignatures(noteAt(7), lines, [key]);
    expect(once).toBe(addSignatures(noteAt(7), witness(5n)));
    expect(withCosignatures(once, lines, [key])).toBe(once);
    expect(cosignaturesOf(once, [key])).toEqual([{ name: key.name, keyId: key.keyId, time: 5n }]);
  });

  it("of later takes the place of an earlier one, and never the other way round", () => {
    const early = signatureLines(textOf(noteAt(7)), witness(5n));
    const late = signatureLines(textOf(noteAt(7)), witness(8n));
    const note = withCosignatures(withCosignatures(noteAt(7), early, [key]), late, [key]);
    expect(cosignaturesOf(note, [key])).toMatchObject([{ time: 8n }]);
    expect(withCosignatures(note, early, [key])).toBe(note);
  });

  it.each([
    ["replayed from another checkpoint", signatureLines(textOf(noteAt(6)), witness(5n))],
    ["by another key of the same name", signatureLines(textOf(noteAt(7)), witness(5n, 10))],
    [
      "by another key that takes the name and the key id",
      signatureLines(textOf(noteAt(7)), { ...witness(5n, 10), keyId: key.keyId }),
    ],
    [
      "of another type",
      signatureLines(textOf(noteAt(7)), { ...ed25519Signer(key.name, seed(9)), keyId: key.keyId }),
    ],
    ["stated to be of the future", signatureLines(textOf(noteAt(7)), witness(1_000n))],
    ["by the log itself", signatureLines(textOf(noteAt(7)), log)],
  ])("%s does not count", (_, lines) => {
    expect(() => withCosignatures(noteAt(7), lines, [key], 100n)).toThrow(code("unknown_key"));
    expect(cosignaturesOf(noteAt(7) + lines, [key], 100n)).toEqual([]);
  });

  it("stands beside whatever else a witness answers, of which nothing is kept", () => {
    const text = textOf(noteAt(7));
    const lines = signatureLines(text, witness(3n, 10, "stranger.example"), witness(5n));
    expect(withCosignatures(noteAt(7), lines, [key])).toBe(addSignatures(noteAt(7), witness(5n)));
  });

  it.each(["", "\n", "no line\n", "— a AAAA\n", "— w AAAAAAAA", "\n\n\n"])(
    "is not found in an answer of %j",
    (answer) => {
      expect(() => withCosignatures(noteAt(7), answer, [key])).toThrow();
    },
  );

  it("keeps the key of its witness readable as a vkey", () => {
    expect(formatVkey(key)).toMatch(/^witness\.example\/w1\+[0-9a-f]{8}\+B/);
  });
});
