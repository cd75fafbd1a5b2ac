import { LedgerError } from "./error.ts";
import type { ExportHeader } from "./export.ts";
import { type Hash, hashEquals } from "./hash.ts";
import type { TrustedEpoch } from "./key-epoch.ts";
import { openNote } from "./note.ts";
import type { EntryChecks } from "./verify-entry.ts";
import { type Check, type Failure, grouped, span } from "./verify-report.ts";
import { type Anchors, endOf } from "./verify-trust.ts";

/** What is asked on behalf of a checkpoint that the reader kept from before. */
export interface HeldCheckpoint {
  /** Another entry has been read; leaves below `lastGood` agree with a signed root. */
  readonly passed: (lastGood: number) => void;
  /** A root that has been proved to belong to the same log. */
  readonly vouch: (size: bigint, root: Hash) => void;
  readonly end: (newest: { readonly size: bigint } | undefined) => void;
  readonly checks: () => readonly Check[];
}

export function heldCheckpoint(
  header: ExportHeader,
  anchors: Anchors,
  history: readonly TrustedEpoch[],
  entries: EntryChecks,
  fail: (failure: Failure) => void,
): HeldCheckpoint {
  const held = anchors.held;
  if (held === undefined) {
    return { passed: () => undefined, vouch: () => undefined, end: () => undefined, checks: () => [] };
  }
  const { size, root } = held.checkpoint;
  const name = `the checkpoint you hold (size ${grouped(size)})`;
  const at = size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined;
  let verdict: "open" | "agrees" | "refused" = "open";

  const refuse = (reason: Failure["reason"], index: number, detail: string, through?: number): void => {
    verdict = "refused";
    fail({ check: "held", reason, index, detail, ...(through === undefined ? {} : { through }) });
  };
  const unsuited = unsuitedReason(held, header, history);
  if (unsuited !== undefined)
    refuse("bad_checkpoint", header.from, `${name} is of no use: ${unsuited}`, endOf(header));

  const compareHere = (lastGood: number): void => {
    if (verdict !== "open" || at !== entries.next() || !entries.whole()) return;
    const agreement = entries.tree.compare(root);
    entries.settle(agreement);
    if (agreement !== "neither") {
      verdict = "agrees";
      return;
    }
    const through = Math.max(0, at - 1);
    const from = Math.min(lastGood, through);
    refuse(
      "forked",
      from,
      `the log has split from ${name}: the first bad one is among ${span(from, through)}`,
      through,
    );
  };
  compareHere(0);

  return {
    passed: compareHere,
    vouch: (vouchedSize, vouchedRoot) => {
      if (verdict !== "open" || vouchedSize !== size) return;
      if (hashEquals(vouchedRoot, root)) verdict = "agrees";
      else
        refuse(
          "forked",
          0,
          `the log has split: it was shown to you with another root at size ${grouped(size)}`,
          Math.max(0, Number(size) - 1),
        );
    },
    end: (newest) => {
      if (verdict !== "open") return;
      if (newest !== undefined && newest.size < size) {
        const detail = `the tail is cut, or the file is out of date: it ends at size ${grouped(newest.size)}, before ${name}`;
        refuse("stale", Number(newest.size), detail);
        return;
      }
      refuse("not_tied", header.from, `nothing in the file ties the ledger to ${name}`, endOf(header));
    },
    checks: () => {
      const detail =
        verdict === "agrees"
          ? `the log grew consistently from ${name}`
          : `the file ends before it could be compared with ${name}`;
      return [{ check: "held", ok: verdict === "agrees", detail }];
    },
  };
}

function unsuitedReason(
  held: NonNullable<Anchors["held"]>,
  header: ExportHeader,
  history: readonly TrustedEpoch[],
): string | undefined {
  if (held.checkpoint.origin !== header.origin) return `it is of another log, \`${held.checkpoint.origin}\``;
  try {
    openNote(
      held.note,
      history.map(({ verifier }) => verifier),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    // Its reader vouches for it, so a key older than the trusted ones is no objection; a false signature is.
    return error.code === "unknown_key" ? undefined : error.message;
  }
}
