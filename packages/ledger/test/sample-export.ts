import {
  addSignatures,
  appendAll,
  canonicalJson,
  commit,
  consistencyProof,
  type ExportHeader,
  type ExportItem,
  type ExportLine,
  ed25519Signer,
  emptyRange,
  formatCheckpoint,
  formatExportLine,
  formatVkey,
  type Hash,
  type KeyEpoch,
  keyRotationText,
  leafHash,
  nodesOfLeaves,
  type Signer,
  signNote,
  toBase64,
  utf8,
} from "../src/index.ts";
import { naiveRoot, seed } from "./reference.ts";

export const origin = "postern.example/1";
export const key1: ReturnType<typeof ed25519Signer> = ed25519Signer(origin, seed(1));
export const key2: ReturnType<typeof ed25519Signer> = ed25519Signer(origin, seed(2));

export interface Sample {
  readonly size: number;
  readonly from?: number;
  readonly to?: number;
  readonly checkpoints?: readonly number[];
  readonly earlier?: readonly number[];
  readonly dropped?: readonly number[];
  readonly rotateAt?: number;
  readonly witnesses?: readonly Signer[];
  /** Another history: entries from here on say something else. */
  readonly otherFrom?: number;
  readonly otherTo?: number;
}

const salt = (index: number): Uint8Array => new Uint8Array(16).fill(index % 251);
const reason = (index: number): string => `reason number ${index}`;

export function entryText(index: number, sample: Sample): string {
  const other =
    index >= (sample.otherFrom ?? Number.POSITIVE_INFINITY) &&
    index < (sample.otherTo ?? Number.POSITIVE_INFINITY);
  const sealed = { reason: toBase64(commit(salt(index), utf8(canonicalJson(reason(index))))) };
  return canonicalJson({
    act: other ? "opt-out.revoked" : "opt-out.granted",
    at: 1_700_000_000 + index,
    sealed,
  });
}

function leavesIn(sample: Sample): readonly Hash[] {
  return Array.from({ length: sample.size }, (_, index) => leafHash(utf8(entryText(index, sample))));
}

export function checkpointOf(sample: Sample, size: number): string {
  const signer = size >= (sample.rotateAt ?? Number.POSITIVE_INFINITY) ? key2 : key1;
  const root = naiveRoot(leavesIn(sample).slice(0, size));
  return signNote(formatCheckpoint({ origin, size, root }), signer);
}

export function keysOf(sample: Sample): readonly KeyEpoch[] {
  const first: KeyEpoch = { epoch: 1, vkey: formatVkey(key1), since: 0 };
  if (sample.rotateAt === undefined) return [first];
  const next = { epoch: 2, since: sample.rotateAt, vkey: formatVkey(key2) };
  return [first, { ...next, signedByPrevious: signNote(keyRotationText({ origin, ...next }), key1, key2) }];
}

/** An export as its parts. */
export function sampleLines(sample: Sample): readonly ExportLine[] {
  const { size, from = 0, to = size, checkpoints = [], dropped = [] } = sample;
  const leaves = leavesIn(sample);
  const nodeAt = nodesOfLeaves(leaves);
  const header: ExportHeader = {
    kind: "header",
    origin,
    keys: keysOf(sample),
    from,
    to,
    range: appendAll(emptyRange, leaves.slice(0, from)).nodes,
    earlier: (sample.earlier ?? []).map((at) => ({
      checkpoint: checkpointOf(sample, at),
      consistency: consistencyProof(at, from, nodeAt),
    })),
  };
  const items: ExportItem[] = [];
  for (const [index, hash] of leaves.entries()) {
    if (index < from || index >= to) continue;
    if (dropped.includes(index)) items.push({ kind: "dropped", index, leafHash: hash });
    else {
      const reveals =
        index % 3 === 0 ? [{ pointer: "/sealed/reason", salt: salt(index), value: reason(index) }] : [];
      items.push({ kind: "entry", index, entry: entryText(index, sample), leafHash: hash, reveals });
    }
    if (checkpoints.includes(index + 1)) {
      items.push({ kind: "checkpoint", checkpoint: checkpointOf(sample, index + 1) });
    }
  }
  return [
    header,
    ...items,
    {
      kind: "end",
      checkpoint: addSignatures(checkpointOf(sample, size), ...(sample.witnesses ?? [])),
      consistency: to === 0 ? [] : consistencyProof(to, size, nodeAt),
    },
  ];
}

/** An export as its lines of text. */
export function sampleExport(sample: Sample): readonly string[] {
  return sampleLines(sample).map(formatExportLine);
}

export const trust = { trustedKeys: [formatVkey(key1)] };
