import { canonicalJson, type Json, parseCanonical, valueAt } from "./canonical.ts";
import { opens } from "./commitment.ts";
import { utf8 } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import type { ExportDropped, ExportEntry, ExportHeader, Reveal } from "./export.ts";
import { hashEquals, hashFromBase64, type TreeHasher } from "./hash.ts";
import { type CompactRange, compactRange, emptyRange } from "./tree.ts";
import { type Check, counted, type Failure, grouped } from "./verify-report.ts";
import { type Agreement, type RunningTree, runningTree } from "./verify-tree.ts";

/** What is asked of the entries themselves, one after the other. */
export interface EntryChecks {
  readonly take: (line: ExportEntry | ExportDropped) => void;
  readonly end: () => void;
  /** The index that should stand on the next line. */
  readonly next: () => number;
  /** False once an entry is missing or out of order: from there on no root can be compared. */
  readonly whole: () => boolean;
  readonly tree: RunningTree;
  readonly start: CompactRange;
  /** Learns from a signed root whether an altered pair was altered in the entry or in its leaf hash. */
  readonly settle: (agreement: Agreement) => void;
  readonly checks: () => readonly Check[];
  readonly reveals: () => readonly Check[];
}

export function entryChecks(
  header: ExportHeader,
  hasher: TreeHasher,
  fail: (failure: Failure) => void,
): EntryChecks {
  const start = startOf(header, fail);
  const tree = runningTree(start, hasher);
  let next = header.from;
  let gap: { readonly index: number; readonly instead: number; found: boolean } | undefined;
  let recomputed = 0;
  let dropped = 0;
  let altered = 0;
  let firstAltered: { readonly index: number; by: "entry" | "leaf hash" | "unknown" } | undefined;
  let revealed = 0;

  const misplaced = (index: number): boolean => {
    if (gap !== undefined) {
      if (index === gap.index) gap.found = true;
      return true;
    }
    if (index === next && index < header.to) return false;
    gap = { index: next, instead: index, found: index < next };
    return true;
  };

  const takeBody = (line: ExportEntry): void => {
    const leaf = hasher.leaf(utf8(line.entry));
    recomputed += 1;
    const same = hashEquals(leaf, line.leafHash);
    tree.push(line.leafHash, same ? line.leafHash : leaf);
    if (!same) {
      altered += 1;
      firstAltered ??= { index: line.index, by: "unknown" };
    }
    const value = canonicalValue(line, fail);
    for (const reveal of line.reveals) {
      if (value !== undefined && matches(value, reveal, hasher)) revealed += 1;
      else {
        fail({
          check: "reveals",
          reason: "reveal_mismatch",
          index: line.index,
          detail: `the value revealed at \`${reveal.pointer.slice(0, 80)}\` of entry ${grouped(line.index)} does not match its commitment`,
        });
      }
    }
  };

  return {
    tree,
    start,
    next: () => next,
    whole: () => gap === undefined,
    take: (line) => {
      if (misplaced(line.index)) return;
      if (line.kind === "entry") takeBody(line);
      else {
        dropped += 1;
        tree.push(line.leafHash, line.leafHash);
      }
      next += 1;
    },
    end: () => {
      if (gap === undefined && next < header.to) {
        fail({
          check: "order",
          reason: "tail_cut",
          index: next,
          detail: `entry ${grouped(next)} and those after it are missing: the header promises entries up to ${grouped(header.to - 1)}`,
        });
      }
    },
    settle: (agreement) => {
      if (firstAltered === undefined || firstAltered.by !== "unknown") return;
      if (agreement === "recorded") firstAltered.by = "entry";
      if (agreement === "recomputed") firstAltered.by = "leaf hash";
    },
    checks: () => {
      if (gap !== undefined) fail(gapFailure(gap, header.to));
      if (firstAltered !== undefined) fail(alteredFailure(firstAltered.index, firstAltered.by, altered));
      const count = counted(next - header.from, "entry", "entries");
      const aside =
        dropped === 0
          ? ""
          : `; ${counted(dropped, "body was", "bodies were")} dropped by retention and stand for themselves by their leaf hashes`;
      const complete = next === header.to;
      return [
        {
          check: "order",
          ok: complete,
          detail: complete
            ? `${count} stand in order, none missing and none twice`
            : `only the first ${count} could be read`,
        },
        {
          check: "leaves",
          ok: true,
          detail: `recomputed ${counted(recomputed, "leaf hash", "leaf hashes")}, and each is the one recorded${aside}`,
        },
        {
          check: "canonical",
          ok: true,
          detail: `${counted(recomputed, "entry is", "entries are")} written in the one canonical form of JSON`,
        },
      ];
    },
    reveals: () =>
      revealed === 0
        ? []
        : [
            {
              check: "reveals",
              ok: true,
              detail: `${counted(revealed, "revealed value matches its commitment", "revealed values match their commitments")}`,
            },
          ],
  };
}

function startOf(header: ExportHeader, fail: (failure: Failure) => void): CompactRange {
  try {
    if (header.from > header.to) throw new LedgerError("out_of_range", "the export ends before it begins");
    return compactRange(header.from, header.range);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const detail = `the header cannot be right: ${error.message}`;
    fail({ check: "format", reason: "malformed", index: header.from, detail });
    return emptyRange;
  }
}

function gapFailure(
  gap: { readonly index: number; readonly instead: number; readonly found: boolean },
  to: number,
): Failure {
  const [index, instead] = [grouped(gap.index), grouped(gap.instead)];
  if (gap.index >= to) {
    const detail = `entry ${instead} stands beyond the end that the header gives`;
    return { check: "order", reason: "reordered", index: gap.index, detail };
  }
  return gap.found
    ? {
        check: "order",
        reason: "reordered",
        index: gap.index,
        detail: `the entries are out of order: entry ${instead} stands in the place of entry ${index}`,
      }
    : {
        check: "order",
        reason: "missing",
        index: gap.index,
        detail: `entry ${index} is missing: entry ${instead} stands in its place`,
      };
}

function alteredFailure(index: number, by: "entry" | "leaf hash" | "unknown", altered: number): Failure {
  const others = altered === 1 ? "" : `, and so do ${grouped(altered - 1)} after it`;
  const what = {
    entry: "a signed checkpoint confirms the recorded hash, so the entry was changed",
    "leaf hash": "a signed checkpoint confirms the recomputed hash, so the recorded hash was changed",
    unknown: "one of the two was changed",
  }[by];
  return {
    check: "leaves",
    reason: by === "leaf hash" ? "leaf_hash_changed" : "entry_changed",
    index,
    detail: `entry ${grouped(index)} hashes to another leaf hash than the one recorded for it${others}; ${what}`,
  };
}

function canonicalValue(line: ExportEntry, fail: (failure: Failure) => void): Json | undefined {
  try {
    const value = parseCanonical(line.entry);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    throw new LedgerError("not_canonical", "expected an object");
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    fail({
      check: "canonical",
      reason: "not_canonical",
      index: line.index,
      detail: `entry ${grouped(line.index)} is not written in the one canonical form: ${error.message}`,
    });
    return undefined;
  }
}

function matches(entry: Json, reveal: Reveal, hasher: TreeHasher): boolean {
  const commitment = valueAt(entry, reveal.pointer);
  if (typeof commitment !== "string") return false;
  try {
    const value = utf8(canonicalJson(reveal.value));
    return opens(hashFromBase64(commitment), reveal.salt, value, hasher.sha256);
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}
