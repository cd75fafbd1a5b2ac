import { type OpenedCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import { cosignaturesOf } from "./cosignature.ts";
import { toHex } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import type { EarlierCheckpoint, ExportEnd, ExportHeader } from "./export.ts";
import { parseVkey } from "./key.ts";
import { type KeyEpoch, openCheckpointInHistory, type TrustedEpoch } from "./key-epoch.ts";
import { type OpenedNote, parseNote } from "./note.ts";
import { root as rangeRoot } from "./tree.ts";
import type { EntryChecks } from "./verify-entry.ts";
import { heldCheckpoint } from "./verify-held.ts";
import { type Check, counted, type Failure, grouped, span, utcTime } from "./verify-report.ts";
import { consistent } from "./verify-tree.ts";
import { type Anchors, keysSentence, tracedKeys } from "./verify-trust.ts";

/** What is asked of the signed checkpoints, and of the tree by them. */
export interface CheckpointChecks {
  /** Another entry has been read. */
  readonly passed: () => void;
  readonly take: (checkpoint: string) => void;
  readonly end: (line: ExportEnd) => void;
  readonly keys: () => readonly Check[];
  readonly checks: () => readonly Check[];
}

type Signed = OpenedCheckpoint & { readonly epoch: TrustedEpoch };

export function checkpointChecks(
  header: ExportHeader,
  anchors: Anchors,
  entries: EntryChecks,
  fail: (failure: Failure) => void,
): CheckpointChecks {
  const { hasher } = anchors;
  const history = tracedKeys(header, anchors, fail);
  const held = heldCheckpoint(header, anchors, history, entries, fail);
  let agreed = 0;
  let aside = 0;
  // Every leaf below this size is known to be the one that was signed for.
  let lastGood = header.from;
  let rootCheck: Check | undefined;
  let cosigned: Check | undefined;

  const open = (note: string, check: "checkpoints" | "root", index: number): Signed | undefined => {
    if (history.length === 0) return undefined;
    try {
      return openCheckpointInHistory(note, header.origin, history, check === "root" ? anchors.witnesses : []);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      if (check === "checkpoints" && isOlder(note, header.origin, history)) {
        aside += 1;
        return undefined;
      }
      const where =
        check === "root" ? "the newest checkpoint" : `the checkpoint before entry ${grouped(index)}`;
      const detail = `${where} cannot be believed: ${error.message}`;
      fail({ check, reason: "bad_checkpoint", index: Math.max(0, index - 1), detail });
      return undefined;
    }
  };

  const differs = (check: "checkpoints" | "root", signed: Signed, size: number): void => {
    const who = signature(signed);
    if (lastGood >= size) {
      const detail = `the log has split: ${who} has signed two different roots at size ${grouped(size)}`;
      fail({ check, reason: "forked", index: Math.max(0, size - 1), detail });
      return;
    }
    const through = size - 1;
    const detail = `the tree root at size ${grouped(signed.size)} is not the one signed by ${who}: the first bad one is among ${span(lastGood, through)}`;
    fail({ check, reason: "rewritten", index: lastGood, through, detail });
  };

  const takeEarlier = (earlier: EarlierCheckpoint): void => {
    const signed = open(earlier.checkpoint, "checkpoints", header.from);
    if (signed === undefined) return;
    const claim = {
      size1: signed.size,
      size2: entries.start.size,
      root1: signed.root,
      root2: rangeRoot(entries.start, hasher),
      proof: earlier.consistency,
    };
    if (signed.size < BigInt(header.from) && consistent(claim, hasher)) {
      agreed += 1;
      held.vouch(signed.size, signed.root);
      return;
    }
    const detail = `the ledger did not grow from the checkpoint at size ${grouped(signed.size)} that ${signature(signed)} signed`;
    fail({ check: "checkpoints", reason: "forked", index: 0, through: Math.max(0, header.from - 1), detail });
  };
  for (const earlier of header.earlier) takeEarlier(earlier);

  const conclude = (line: ExportEnd, signed: Signed): void => {
    const to = entries.tree.size();
    if (signed.size < BigInt(to)) {
      const detail = `the newest checkpoint is of size ${grouped(signed.size)}: nobody has signed for ${span(Number(signed.size), to - 1)}`;
      fail({ check: "root", reason: "not_signed", index: Number(signed.size), detail });
      return;
    }
    const agreement = entries.tree.compareLater(signed.size, signed.root, line.consistency);
    entries.settle(agreement);
    if (agreement === "neither") {
      differs("root", signed, to);
      return;
    }
    held.vouch(signed.size, signed.root);
    const later =
      signed.size === BigInt(to) ? "" : `, which has grown consistently to size ${grouped(signed.size)}`;
    const detail = `the tree root at size ${grouped(to)}${later} equals the checkpoint signed by ${signature(signed)}`;
    rootCheck = { check: "root", ok: true, detail };
    cosigned = cosignatureCheck(signed, line.checkpoint, anchors, header.keys, to, fail);
  };

  return {
    passed: () => held.passed(lastGood),
    take: (note) => {
      const size = entries.next();
      const signed = open(note, "checkpoints", size);
      if (signed === undefined || !entries.whole()) return;
      if (signed.size !== BigInt(size)) {
        fail(misplaced(signed.size, size));
        return;
      }
      const agreement = entries.tree.compare(signed.root);
      entries.settle(agreement);
      if (agreement === "neither") {
        differs("checkpoints", signed, size);
        return;
      }
      agreed += 1;
      lastGood = size;
    },
    end: (line) => {
      const signed = open(line.checkpoint, "root", header.to);
      if (signed !== undefined && entries.whole() && entries.next() === header.to) conclude(line, signed);
      held.end(signed);
    },
    keys: () => (history.length === 0 ? [] : [{ check: "keys", ok: true, detail: keysSentence(history) }]),
    checks: () => {
      const checks: Check[] = [];
      const left =
        aside === 0
          ? ""
          : `; ${counted(aside, "older one is", "older ones are")} signed by keys that you did not say you trust, and left aside`;
      if (agreed > 0 || aside > 0) {
        const detail = `${counted(agreed, "earlier signed checkpoint agrees", "earlier signed checkpoints agree")} with the tree${left}`;
        checks.push({ check: "checkpoints", ok: true, detail });
      }
      const unproved =
        "the tree root could not be compared with a checkpoint that you trust, so nothing here is proved";
      checks.push(rootCheck ?? { check: "root", ok: false, detail: unproved });
      checks.push(...held.checks());
      if (cosigned !== undefined) checks.push(cosigned);
      else if (anchors.cosignatures > 0) {
        checks.push({
          check: "cosignatures",
          ok: false,
          detail: "no checkpoint was found that witnesses could have cosigned",
        });
      }
      return checks;
    },
  };
}

function signature(signed: Signed): string {
  return `${signed.epoch.verifier.name} (key epoch ${signed.epoch.epoch})`;
}

function misplaced(signedFor: bigint, size: number): Failure {
  const [found, here] = [grouped(signedFor), grouped(size)];
  if (signedFor > BigInt(size)) {
    const detail = `entries from ${here} on are missing: a checkpoint of size ${found} stands in their place`;
    return { check: "checkpoints", reason: "missing", index: size, detail };
  }
  const detail = `a checkpoint of size ${found} stands where the ledger has size ${here}`;
  return { check: "checkpoints", reason: "bad_checkpoint", index: Math.max(0, size - 1), detail };
}

/** Whether the note is of a size that only keys older than the trusted ones have signed. */
function isOlder(note: string, origin: string, history: readonly TrustedEpoch[]): boolean {
  try {
    const checkpoint = parseCheckpoint(parseNote(note).text);
    return checkpoint.origin === origin && checkpoint.size < (history[0]?.since ?? 0n);
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

function cosignatureCheck(
  signed: Signed,
  note: string,
  anchors: Anchors,
  keys: readonly KeyEpoch[],
  to: number,
  fail: (failure: Failure) => void,
): Check | undefined {
  const size = grouped(signed.size);
  if (anchors.cosignatures === 0) {
    const names = unverifiedNames(note, signed.note);
    const detail = `the checkpoint at size ${size} carries cosignatures in the name of ${names.join(", ")}, which were not verified: no witness's key was given`;
    return names.length === 0 ? undefined : { check: "cosignatures", ok: true, detail };
  }
  // Its own key under another type is no second pair of eyes.
  const own = new Set(keys.map(({ vkey }) => toHex(parseVkey(vkey).publicKey)));
  const independent = anchors.witnesses.filter(({ publicKey }) => !own.has(toHex(publicKey)));
  const found = cosignaturesOf(note, independent, anchors.latest);
  const who = found.map(({ name, time }) => `${name} on ${utcTime(time)}`).join(", ");
  const detail = `${grouped(found.length)} of the ${counted(anchors.witnesses.length, "witness", "witnesses")} you named cosigned the checkpoint at size ${size}${who === "" ? "" : ` (${who})`}; you asked for ${grouped(anchors.cosignatures)}`;
  const ok = found.length >= anchors.cosignatures;
  if (!ok)
    fail({ check: "cosignatures", reason: "not_cosigned", index: 0, through: Math.max(0, to - 1), detail });
  return { check: "cosignatures", ok, detail };
}

/** The names under a note beside those that were verified; anyone can write a name. */
function unverifiedNames(note: string, { signatures }: OpenedNote): readonly string[] {
  const verified = new Set(signatures.map(({ name, keyId }) => `${name}+${keyId}`));
  return parseNote(note)
    .signatures.filter(({ name, keyId }) => !verified.has(`${name}+${keyId}`))
    .map(({ name }) => name);
}
