import {
  appendAll,
  asHash,
  emptyRange,
  type Hash,
  hashEquals,
  parseCheckpoint,
  parseNote,
  parseReceipt,
  root,
  treeHasher,
  verifyInclusion,
} from "@postern/ledger";
import { bareMegabytes, bareNodeHashes, sha256 } from "./limit.ts";
import { openLongLog } from "./long-log.ts";
import { must } from "./node.ts";
import { median, type Row } from "./row.ts";

const PROOFS = 500;
const READ = 65_536;
const hasher = treeHasher(sha256);

/** Receipts as the server makes them, and the whole tree from the stored leaf hashes to the signed head. */
export async function proofRows(size: number): Promise<readonly Row[]> {
  const { service, store, admin, close } = await openLongLog(size);
  const named = size.toLocaleString("en");
  const signed = service.ledger.checkpoint();
  if (signed === null) throw new Error("expected a signed head");
  const head = parseCheckpoint(parseNote(signed).text);
  if (Number(head.size) !== size) throw new Error(`expected a head of ${size} entries, got ${head.size}`);
  const indexes = (): readonly number[] =>
    Array.from({ length: PROOFS }, () => Math.floor(Math.random() * size));

  const check = async (receipt: string): Promise<void> => {
    const { index, proof, checkpoint } = parseReceipt(receipt);
    const { size: treeSize, root } = parseCheckpoint(parseNote(checkpoint).text);
    const leafHash = await store.leaves(Number(index), Number(index) + 1);
    verifyInclusion({ leafIndex: index, treeSize, leafHash, proof, root }, hasher);
  };
  return [
    {
      name: `inclusion proof at random in a log of ${named} (short, repeated) entries, embedded`,
      target: "p50 1 ms or better, each proof verified",
      async round() {
        const times: number[] = [];
        const receipts: string[] = [];
        for (const index of indexes()) {
          const began = performance.now();
          receipts.push(must(await service.ledger.receipt(admin, index)));
          times.push(performance.now() - began);
        }
        const reads: number[] = [];
        for (const index of indexes()) {
          const began = performance.now();
          await store.leaves(index, index + 1);
          reads.push(performance.now() - began);
        }
        for (const receipt of receipts) await check(receipt);
        times.sort((a, b) => a - b);
        const p50 = median(times);
        return {
          "p50 ms": p50,
          "p99 ms": times[Math.floor(times.length * 0.99)] ?? Number.NaN,
          "read of one leaf, ms": median(reads),
          "ratio to that read": p50 / median(reads),
        };
      },
      met: (medians) => (medians["p50 ms"] ?? 99) <= 1,
    },
    {
      name: `verify ${named} leaf hashes from the store up to the signed head, once`,
      target: "60 s or better for ten million",
      rounds: 1,
      async round() {
        const began = performance.now();
        const bare: number[] = [];
        let aside = 0;
        let range = emptyRange;
        let next = store.leaves(0, Math.min(READ, size));
        while (range.size < size) {
          const leaves = await next;
          const from = range.size + leaves.length / 32;
          if (leaves.length === 0) throw new Error(`the log has no leaf ${range.size}`);
          if (from < size) next = store.leaves(from, Math.min(from + READ, size));
          range = appendAll(range, each(leaves), hasher);
          // On a machine that others use too, the limit counts only beside what it limits.
          const paused = performance.now();
          bare.push(bareNodeHashes());
          aside += performance.now() - paused;
        }
        if (!hashEquals(root(range, hasher), head.root)) throw new Error("the leaves lead to another root");
        const seconds = (performance.now() - began - aside) / 1_000;
        return {
          seconds,
          "leaves/s": size / seconds,
          "bare SHA-256 of a node/s": median(bare),
          "ratio to bare hashing": size / seconds / median(bare),
          "bare SHA-256 MB/s": bareMegabytes(),
        };
      },
      met: (medians) => ((medians.seconds ?? 999) * 10_000_000) / size <= 60,
      close,
    },
  ];
}

function* each(leaves: Uint8Array): Generator<Hash> {
  for (let at = 0; at < leaves.length; at += 32) yield asHash(leaves.subarray(at, at + 32));
}
