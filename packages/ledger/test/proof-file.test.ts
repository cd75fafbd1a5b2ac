import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ed25519Signer,
  formatCheckpoint,
  formatReceipt,
  inclusionProof,
  LedgerError,
  leafHash,
  nodesOfLeaves,
  parseReceipt,
  signNote,
  utf8,
  verifierOf,
  verifyReceipt,
} from "../src/index.ts";
import { naiveRoot, seed } from "./reference.ts";

const origin = "postern.example/1";
const signer = ed25519Signer(origin, seed(1));
const verifiers = [verifierOf(signer)];
const bodies = Array.from({ length: 23 }, (_, at) => utf8(`{"n":${at}}`));
const leaves = bodies.map((body) => leafHash(body));

function receiptOf(index: number, extra?: Uint8Array): string {
  return formatReceipt({
    index,
    proof: inclusionProof(index, leaves.length, nodesOfLeaves(leaves)),
    checkpoint: signNote(formatCheckpoint({ origin, size: leaves.length, root: naiveRoot(leaves) }), signer),
    ...(extra === undefined ? {} : { extra }),
  });
}

function body(index: number): Uint8Array {
  return bodies[index] ?? new Uint8Array();
}

describe("receipts", () => {
  it("prove their entry, with and without extra data", () => {
    for (const index of bodies.keys()) {
      for (const extra of [undefined, utf8("for the reader")]) {
        const receipt = receiptOf(index, extra);
        expect(verifyReceipt({ receipt, entry: body(index), origin, verifiers }).index).toBe(BigInt(index));
        expect(parseReceipt(receipt).extra).toEqual(extra);
        expect(formatReceipt(parseReceipt(receipt))).toBe(receipt);
      }
    }
  });

  it("prove no other entry, and nothing under another log's name or key", () => {
    const receipt = receiptOf(4);
    const claim = { receipt, entry: body(4), origin, verifiers };
    expect(() => verifyReceipt({ ...claim, entry: body(5) })).toThrow(LedgerError);
    expect(() => verifyReceipt({ ...claim, origin: "postern.example/2" })).toThrow(LedgerError);
    const other = verifierOf(ed25519Signer(origin, seed(2)));
    expect(() => verifyReceipt({ ...claim, verifiers: [other] })).toThrow(
      expect.objectContaining({ code: "unknown_key" }),
    );
  });

  it("count a key for the sizes of its epoch only, where the epochs are given", () => {
    const claim = { receipt: receiptOf(4), entry: body(4), origin, verifiers: [] };
    const epoch = { epoch: 1, since: 0n, verifier: verifierOf(signer) };
    expect(verifyReceipt({ ...claim, history: [epoch] }).index).toBe(4n);
    expect(() => verifyReceipt({ ...claim, history: [{ ...epoch, until: 23n }] })).toThrow(
      expect.objectContaining({ code: "key_epoch" }),
    );
  });

  it("are refused with any one character changed", () => {
    const receipt = receiptOf(7);
    fc.assert(
      fc.property(
        fc.nat({ max: receipt.length - 1 }),
        fc.constantFrom("A", "0", "\n", " ", "b"),
        (at, by) => {
          fc.pre(receipt.charAt(at) !== by);
          const changed = receipt.slice(0, at) + by + receipt.slice(at + 1);
          expect(() => verifyReceipt({ receipt: changed, entry: body(7), origin, verifiers })).toThrow(
            LedgerError,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it("are refused as malformed without header, index or checkpoint, and with an index of leading zeros", () => {
    const receipt = receiptOf(7);
    const bad = [
      receipt.replace("@v1", "@v2"),
      receipt.replace("index 7\n", ""),
      receipt.replace("index 7", "index 07"),
      receipt.replace("\n\n", "\n"),
      receipt.slice(0, receipt.indexOf("\n\n") + 2),
      receipt.replace("index 7", `index 7\n${"A".repeat(43)}`),
    ];
    for (const text of bad) {
      expect(() => parseReceipt(text)).toThrow(expect.objectContaining({ code: "malformed_receipt" }));
    }
  });
});
