import { refuse } from "@postern/core";
import {
  asHash,
  buildProofAsync,
  consistencyNodes,
  entryBundle,
  formatReceipt,
  type Hash,
  hashTile,
  hashToBase64,
  inclusionNodes,
  longestInBundle,
  parseCheckpoint,
  parseNote,
  tileWidth,
  utf8,
  widthAt,
} from "@postern/ledger";
import { needScope } from "../access.ts";
import { type Caller, mayUse, personOf } from "../caller.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import { problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { hasher } from "../record/seal-entry.ts";
import type { Tip } from "../record/tip.ts";
import type { LedgerService } from "../service.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { exportLedger } from "./export.ts";
import { split, TILE_LEVELS, treeNodes } from "./tree.ts";

const MOST_ENTRIES = 1_000;

/** Above this level no log of ours has a tile: 256^7 leaves are more than a safe integer counts. */
const DEEPEST = 6;

export function ledgerService(parts: {
  readonly store: Store;
  readonly state: State;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly origin: string;
  readonly checkpoints: Checkpoints;
}): LedgerService {
  const { store, state, tip, keys, origin, checkpoints } = parts;
  let nodes = { epoch: tip.epoch, of: treeNodes(store) };
  const nodesOf = (size: number): ((level: number, index: number) => Promise<Hash>) => {
    // What another epoch replaced is not remembered in this one.
    if (nodes.epoch !== tip.epoch) nodes = { epoch: tip.epoch, of: treeNodes(store) };
    return nodes.of(size);
  };

  /** People get the receipt of what is theirs; readers of the ledger any. */
  const mayProve = (caller: Caller, index: number): boolean => {
    if (mayUse(caller, "ledger.read")) return true;
    const person = personOf(caller);
    if (person === null) return false;
    return state.optOuts
      .about(person)
      .some(({ id, requestedIn }) => requestedIn === index || state.optOuts.entry(id) === index);
  };

  return {
    checkpoint: () => checkpoints.newest(),
    shown: () => checkpoints.shown(),
    sign: () => checkpoints.sign(),
    origin: () => origin,
    keys: () => checkpoints.epochs(),
    witnesses: () => checkpoints.witnesses(),
    verifierKeys: () => checkpoints.epochs().map(({ vkey }) => vkey),
    size: () => tip.size,
    async entries(caller, from, limit) {
      const allowed = needScope(caller, "ledger.read");
      if (!allowed.ok) return allowed;
      if (!Number.isSafeInteger(from) || from < 0 || limit < 1 || limit > MOST_ENTRIES) {
        return refuse(
          problem("ledger.range", `expected a first index from 0 and at most ${MOST_ENTRIES} entries`),
        );
      }
      const entries = await store.entries(from, Math.min(from + limit, tip.size));
      return {
        ok: true,
        value: entries.map(({ index, body, leaf }) => ({
          index,
          entry: body,
          leafHash: hashToBase64(asHash(leaf)),
        })),
      };
    },
    async receipt(caller, index) {
      if (!Number.isSafeInteger(index) || index < 0 || index >= tip.size) {
        return refuse(problem("ledger.range", `expected an index below ${tip.size}, got ${index}`));
      }
      if (!mayProve(caller, index))
        return refuse(problem("not_found", `there is no entry ${index} of yours`));
      const checkpoint = await checkpoints.cosigned();
      const size = Number(parseCheckpoint(parseNote(checkpoint).text).size);
      if (index >= size)
        return refuse(
          problem(
            "node.doubt",
            `this node is in doubt and signs nothing; its last signed head has ${size} entries`,
          ),
        );
      const proof = await buildProofAsync(inclusionNodes(index, size), nodesOf(size), hasher);
      return { ok: true, value: formatReceipt({ index, proof, checkpoint }) };
    },
    async consistency(caller, from, to) {
      const allowed = needScope(caller, "ledger.read");
      if (!allowed.ok) return allowed;
      if (
        !Number.isSafeInteger(from) ||
        !Number.isSafeInteger(to) ||
        from < 1 ||
        from > to ||
        to > tip.size
      ) {
        return refuse(
          problem("ledger.range", `expected sizes from 1 to ${tip.size}, the first not above the second`),
        );
      }
      const proof = await buildProofAsync(consistencyNodes(from, to), nodesOf(to), hasher);
      return { ok: true, value: proof.map(hashToBase64) };
    },
    async export(caller, from, to, reveal) {
      const allowed = reveal ? needScope(caller, "admin") : needScope(caller, "ledger.read");
      if (!allowed.ok) return allowed;
      const newest = await checkpoints.cosigned();
      const size = Number(parseCheckpoint(parseNote(newest).text).size);
      const end = to ?? size;
      if (!Number.isSafeInteger(from) || !Number.isSafeInteger(end) || from < 0 || from > end || end > size) {
        return refuse(problem("ledger.range", `expected a range within 0 to ${size}`));
      }
      return {
        ok: true,
        value: exportLedger({
          store,
          keys,
          origin,
          epochs: checkpoints.epochs(),
          from,
          to: end,
          newest,
          reveal,
        }),
      };
    },
    async tile(level, index, width) {
      // What is not signed yet could still be lost; nobody should have seen it.
      const size = await checkpoints.signedSize();
      if (level < 0 || level > DEEPEST || index < 0 || width < 1 || width > widthAt(level, index, size))
        return null;
      const from = index * tileWidth;
      if (level === 0) return hashTile(split(await store.leaves(from, from + width)));
      return hashTile(
        (await store.subtrees(level * TILE_LEVELS, from, from + width)).map(({ hash }) => asHash(hash)),
      );
    },
    async bundle(caller, index, width) {
      const allowed = needScope(caller, "ledger.read");
      if (!allowed.ok) return allowed;
      const none = refuse(problem("not_found", "the tree has no such bundle of entries"));
      if (index < 0 || width < 1 || width > widthAt(0, index, await checkpoints.signedSize())) return none;
      const from = index * tileWidth;
      const bodies: Uint8Array[] = [];
      for (const { body } of await store.entries(from, from + width)) {
        const bytes = body === null ? null : utf8(body);
        if (bytes === null || bytes.length > longestInBundle)
          return refuse(
            problem(
              "not_found",
              `entry ${from + bodies.length} does not fit into a bundle: it was dropped or is longer than ${longestInBundle} bytes; read it by its index`,
            ),
          );
        bodies.push(bytes);
      }
      return bodies.length === width ? { ok: true, value: entryBundle(bodies) } : none;
    },
  };
}
