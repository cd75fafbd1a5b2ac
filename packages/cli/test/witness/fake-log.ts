import { createHash } from "node:crypto";
import {
  appendAll,
  type CompactRange,
  canonicalJson,
  consistencyProof,
  ed25519Signer,
  emptyRange,
  entryBundle,
  formatAddCheckpoint,
  formatCheckpoint,
  formatVkey,
  type Hash,
  type KeyEpoch,
  keyRotationText,
  leafHash,
  nodesOfLeaves,
  parseBundlePath,
  root,
  signNote,
  utf8,
} from "@postern/ledger";
import { type LogSource, SourceError } from "../../src/witness/log-source.ts";

export const ORIGIN = "postern.example/1";

/** A log in memory that can be made to lie. */
export interface FakeLog {
  readonly source: LogSource;
  readonly vkey: string;
  grow(by: number, mark?: string): void;
  /** Cuts it back, to go on as another one. */
  cutTo(size: number): void;
  rotate(): void;
  size(): number;
  note(at?: number): string;
  request(from: number, to?: number): string;
  /** What it answers instead, by path; an error is thrown. */
  readonly lies: Map<string, string | Uint8Array | Error>;
  /** How often its keys were asked for. */
  keysAsked(): number;
}

export function seedOf(text: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

export function fakeLog(origin = ORIGIN, secret = "log"): FakeLog {
  let entries: string[] = [];
  let keysAsked = 0;
  const lies = new Map<string, string | Uint8Array | Error>();
  const signers = [{ since: 0, signer: ed25519Signer(origin, seedOf(secret)) }];
  const keys: KeyEpoch[] = signers.map(({ signer }) => ({ epoch: 1, since: 0, vkey: formatVkey(signer) }));
  const leaves = (): readonly Hash[] => entries.map((entry) => leafHash(utf8(entry)));
  const rangeAt = (size: number): CompactRange => appendAll(emptyRange, leaves().slice(0, size));
  const nodeAt = (level: number, index: number): Hash => nodesOfLeaves(leaves())(level, index);

  const note = (at = entries.length): string => {
    const { signer } = signers.findLast(({ since }) => since <= at) ?? signers[0] ?? { signer: neverSigns };
    return signNote(formatCheckpoint({ origin, size: at, root: root(rangeAt(at)) }), signer);
  };
  const lie = (path: string): string | Uint8Array | undefined => {
    const told = lies.get(path);
    if (told instanceof Error) throw told;
    return told;
  };
  return {
    vkey: keys[0]?.vkey ?? "",
    lies,
    note,
    keysAsked: () => keysAsked,
    size: () => entries.length,
    grow(by, mark = "entry") {
      for (let left = by; left > 0; left--) entries.push(canonicalJson({ mark, number: entries.length }));
    },
    cutTo(size) {
      entries = entries.slice(0, size);
    },
    rotate() {
      const [epoch, since] = [keys.length + 1, entries.length + 1];
      const before = signers.at(-1)?.signer ?? neverSigns;
      const signer = ed25519Signer(origin, seedOf(`${secret} ${epoch}`));
      const vkey = formatVkey(signer);
      const signedByPrevious = signNote(keyRotationText({ origin, epoch, since, vkey }), before, signer);
      keys.push({ epoch, since, vkey, signedByPrevious });
      signers.push({ since, signer });
    },
    request: (from, to = entries.length) =>
      formatAddCheckpoint({
        oldSize: from,
        proof: from === 0 || from >= to ? [] : consistencyProof(from, to, nodeAt),
        checkpoint: note(to),
      }),
    source: {
      url: "http://log.example",
      checkpoint: async () => String(lie("checkpoint") ?? note()),
      keys: async () => {
        keysAsked += 1;
        return lie("keys") === undefined ? { origin, keys } : { origin, keys: [] };
      },
      tile: async ({ level, index, width }) => {
        lie("tile");
        if ((index * 256 + width) * 256 ** level > entries.length) throw new SourceError("no such tile", 404);
        return Array.from({ length: width }, (_, at) => nodeAt(level * 8, index * 256 + at));
      },
      bytes: async (path) => {
        const told = lie("entries");
        if (told instanceof Uint8Array) return told;
        const { index, width } = parseBundlePath(path);
        return entryBundle(entries.slice(index * 256, index * 256 + width).map((entry) => utf8(entry)));
      },
    },
  };
}

const neverSigns = ed25519Signer("never.example", seedOf("never"));
