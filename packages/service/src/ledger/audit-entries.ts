import { formatInstant } from "@postern/core";
import {
  appendAll,
  asHash,
  bytesEqual,
  type CompactRange,
  emptyRange,
  type Hash,
  hashEquals,
  keyHistory,
  openCheckpointInHistory,
  root,
} from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import type { Snapshot, Subtree } from "../ports/store.ts";
import { type Expected, expected } from "../projection/expected.ts";
import { hasher } from "../record/seal-entry.ts";
import { epochOf, keyEpochs } from "./checkpoints.ts";
import { sealedFault, textFault } from "./entry-check.ts";
import { type AuditFinding, entriesFromTo } from "./finding.ts";
import { readEntry } from "./replay.ts";
import { verifyEd25519 } from "./signing.ts";
import { STORED_LEVELS, TILE_LEVELS } from "./tree.ts";

const CHUNK = 500;
const MOST_CHECKPOINTS = 10_000;
/** Stored hashes that are compared at once. */
const SUBTREES = 4_096;

/** The entries as they were read back, one after the other. */
export interface EntriesRead {
  readonly findings: readonly AuditFinding[];
  /** Sealed values that are not those of the entry beside which they lie. They mean nothing where entries were moved. */
  readonly sealedFindings: readonly AuditFinding[];
  /** What the rows should be. Only to be relied on where there are no findings and the root agrees. */
  readonly expected: Expected;
  readonly range: CompactRange;
  /** Null: no leaf hash stands at that index. */
  leaf(index: number): Uint8Array | null;
  /** The root of the first `size` entries; null: not asked for, or one of them is missing. */
  rootAt(size: number): Hash | null;
  readonly read: number;
  readonly values: number;
}

/**
 * Reads the entries below `upTo` and checks each for itself; then the whole against what was signed on the
 * way, and the stored hashes that proofs are made from.
 */
export async function readEntries(
  upTo: number,
  parts: {
    readonly store: Snapshot;
    readonly keys: Keyring;
    readonly origin: string;
    /** A size whose root is wanted beside those that were signed. */
    readonly alsoAt: number | null;
  },
): Promise<EntriesRead> {
  const { store, origin } = parts;
  const findings: AuditFinding[] = [];
  const sealedFindings: AuditFinding[] = [];
  const told = expected();
  const leaves = new Map<number, Uint8Array>();
  const roots = new Map<number, Hash>();
  const signed = (await store.checkpoints(MOST_CHECKPOINTS)).toReversed();
  const sizes = new Set([...signed.map(({ size }) => size), parts.alsoAt ?? 0]);
  const subtrees: Subtree[] = [];
  /** Where each later epoch of the log begins: what was signed before it beyond there is the end that was lost. */
  const begun: { readonly epoch: number; readonly index: number }[] = [];
  let range = emptyRange;
  let missingFrom: number | null = null;
  let whole = true;
  let values = 0;
  let lastAt = 0;
  let strange = false;
  let read = 0;

  const missingUpTo = (end: number): void => {
    if (missingFrom === null) return;
    const [from, through] = [missingFrom, end - 1];
    findings.push({
      where: from === through ? { entry: from } : { entry: from, through },
      detail: `${entriesFromTo(from, through)} ${from === through ? "is" : "are"} missing`,
    });
    missingFrom = null;
    whole = false;
  };

  for (let from = 0; from < upTo; from += CHUNK) {
    const to = Math.min(from + CHUNK, upTo);
    const found = new Map((await store.entries(from, to)).map((entry) => [entry.index, entry]));
    for (let index = from; index < to; index++) {
      const entry = found.get(index);
      if (entry === undefined) {
        missingFrom ??= index;
        continue;
      }
      missingUpTo(index);
      read += 1;
      leaves.set(index, entry.leaf);
      if (whole && entry.leaf.length === 32) range = appendAll(range, [asHash(entry.leaf)], hasher, closed);
      if (sizes.has(index + 1) && range.size === index + 1) roots.set(index + 1, root(range, hasher));
      if (entry.body !== null) await take(index, entry.body, entry.leaf);
    }
    // A head that states more than there is must not keep the audit going for ever.
    if (found.size === 0) break;
  }
  missingUpTo(upTo);
  const [beyond] = await store.entries(upTo, upTo + 1);
  if (beyond !== undefined)
    findings.push({
      where: { entry: beyond.index },
      detail: `entry ${beyond.index} stands beyond the end that the head states: the head was put back, or the entry put in`,
    });
  if (whole) {
    signedOnTheWay();
    await checkSubtrees();
  }
  return {
    findings,
    sealedFindings,
    expected: told,
    range,
    leaf: (index) => leaves.get(index) ?? null,
    rootAt: (size) => roots.get(size) ?? null,
    read,
    values,
  };

  function closed(level: number, index: number, hash: Hash): void {
    if (level % STORED_LEVELS === 0) subtrees.push({ level, index, hash });
  }

  async function checkSubtrees(): Promise<void> {
    // Where an entry is at fault its subtree follows: it is named once.
    if (findings.length > 0) return;
    for (const [level, made] of Map.groupBy(subtrees, (subtree) => subtree.level)) {
      for (let at = 0; at < made.length; at += SUBTREES)
        await checkLevel(level, made.slice(at, at + SUBTREES));
    }
  }

  async function checkLevel(level: number, made: readonly Subtree[]): Promise<void> {
    const first = made[0]?.index ?? 0;
    const found = await store.subtrees(level, first, first + made.length);
    const stored = new Map(found.map(({ index, hash }) => [index, hash]));
    for (const { index, hash } of made) {
      const there = stored.get(index);
      // Older versions stored only every second of the levels: what is missing of the others is made anew.
      if (there === undefined ? level % TILE_LEVELS !== 0 : bytesEqual(there, hash)) continue;
      const [from, through] = [index * 2 ** level, (index + 1) * 2 ** level - 1];
      findings.push({
        where: { entry: from, through },
        detail: `the hash that is stored over ${entriesFromTo(from, through)} was changed: the entries are as they were, but proofs about them would fail`,
      });
    }
  }

  async function take(index: number, body: string, leaf: Uint8Array): Promise<void> {
    const wrong = textFault(index, body, leaf);
    if (wrong !== null) {
      findings.push({ where: { entry: index }, detail: wrong });
      return;
    }
    const checked = await sealedFault(index, body, parts);
    values += checked.values;
    if (checked.fault !== null) sealedFindings.push({ where: { entry: index }, detail: checked.fault });
    try {
      const { at, event } = readEntry(body);
      if (at < lastAt)
        findings.push({
          where: { entry: index },
          detail: `entry ${index} is dated ${formatInstant(at)}, before the entry ahead of it`,
        });
      lastAt = at;
      told.take(event, at, index);
      if (event.type === "epoch.accepted") begun.push({ epoch: event.epoch, index });
    } catch {
      // What follows from one such entry is not told again of each after it.
      if (strange) return;
      strange = true;
      findings.push({
        where: { entry: index },
        detail: `entry ${index} speaks of something that no entry before it told of: it was moved, or put in`,
      });
    }
  }

  /** The first signed head that the entries no longer agree with says between which of them the change lies. */
  function signedOnTheWay(): void {
    const history = keyHistory(origin, keyEpochs(told.state), verifyEd25519);
    let agreed = 0;
    for (const { size, text } of signed) {
      const found = roots.get(size);
      if (found === undefined) continue;
      try {
        const opened = openCheckpointInHistory(text, origin, history);
        if (hashEquals(opened.root, found)) {
          agreed = size;
          continue;
        }
        const inEpoch = epochOf(opened.extensions);
        if (begun.some(({ epoch, index }) => epoch > inEpoch && size > index)) continue;
      } catch {
        continue;
      }
      findings.push({
        where: { entry: agreed, through: size - 1 },
        detail: `${entriesFromTo(agreed, size - 1)}: not as ${agreed === size - 1 ? "it was" : "they were"} when the ledger was signed with ${size} entries; one was changed, moved or put in`,
      });
      return;
    }
  }
}
