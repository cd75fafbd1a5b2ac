import { LedgerError } from "./error.ts";
import type { ExportEnd, ExportHeader, ExportLine } from "./export.ts";
import { readExport } from "./export-read.ts";
import { checkpointChecks } from "./verify-checkpoint.ts";
import { entryChecks } from "./verify-entry.ts";
import {
  type Check,
  checkNames,
  counted,
  type ExportReport,
  type Failure,
  firstFailure,
  grouped,
} from "./verify-report.ts";
import { anchorsOf, type ExportTrust } from "./verify-trust.ts";

/**
 * Verifies an export without a server and says what was checked. Reads line by line and holds one line at a
 * time, whatever the length. Never throws for what the export holds; an error of the source of lines passes
 * through, and `LedgerError` is thrown for keys, witnesses or a held checkpoint that cannot be read.
 */
export async function verifyExport(
  lines: Iterable<string> | AsyncIterable<string>,
  trust: ExportTrust,
): Promise<ExportReport> {
  const anchors = anchorsOf(trust);
  const failures: Failure[] = [];
  const fail = (failure: Failure): void => {
    if (!failures.some(({ check }) => check === failure.check)) failures.push(failure);
  };
  let header: ExportHeader | undefined;
  let end: ExportEnd | undefined;
  let entries: ReturnType<typeof entryChecks> | undefined;
  let checkpoints: ReturnType<typeof checkpointChecks> | undefined;

  const take = (line: ExportLine): void => {
    switch (line.kind) {
      case "header":
        header = line;
        entries = entryChecks(line, anchors.hasher, fail);
        checkpoints = checkpointChecks(line, anchors, entries, fail);
        break;
      case "entry":
      case "dropped":
        entries?.take(line);
        checkpoints?.passed();
        break;
      case "checkpoint":
        checkpoints?.take(line.checkpoint);
        break;
      case "end":
        end = line;
        entries?.end();
        checkpoints?.end(line);
        break;
    }
  };

  try {
    for await (const line of readExport(lines)) take(line);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const index = entries?.next() ?? 0;
    const detail =
      header === undefined
        ? `the first line is not the header of an export: ${error.message}`
        : end === undefined
          ? `the line where entry ${grouped(index)} should stand is not one of an export: ${error.message}`
          : `the file goes on after its end: ${error.message}`;
    fail({ check: "format", reason: "malformed", index, detail });
  }
  if (end === undefined) breaksOff(header, entries?.next() ?? 0, fail);

  const checks = report(header, entries, checkpoints, failures);
  const first = firstFailure(failures);
  if (first === undefined) return { ok: checks.every(({ ok }) => ok), checks };
  const { check: _, ...firstBad } = first;
  return { ok: false, checks, firstBad };
}

function breaksOff(header: ExportHeader | undefined, next: number, fail: (failure: Failure) => void): void {
  const detail =
    header === undefined
      ? "the file is empty"
      : `the file breaks off before entry ${grouped(next)}, without its end line`;
  fail({ check: "format", reason: "tail_cut", index: next, detail });
}

function report(
  header: ExportHeader | undefined,
  entries: ReturnType<typeof entryChecks> | undefined,
  checkpoints: ReturnType<typeof checkpointChecks> | undefined,
  failures: readonly Failure[],
): readonly Check[] {
  const good: Check[] = [];
  if (header !== undefined && entries !== undefined && checkpoints !== undefined) {
    const what = counted(header.to - header.from, "entry", "entries");
    good.push({
      check: "format",
      ok: true,
      detail: `the file is a complete export of the ledger ${header.origin} with ${what} from index ${grouped(header.from)}`,
    });
    good.push(...checkpoints.keys(), ...entries.checks(), ...checkpoints.checks(), ...entries.reveals());
  }
  const verdict = (check: Check): Check => {
    const failure = failures.find((candidate) => candidate.check === check.check);
    return failure === undefined ? check : { check: check.check, ok: false, detail: failure.detail };
  };
  const extra = failures
    .filter((failure) => !good.some(({ check }) => check === failure.check))
    .map(({ check, detail }): Check => ({ check, ok: false, detail }));
  const place = ({ check }: Check): number => checkNames.indexOf(check);
  return [...good.map(verdict), ...extra].toSorted((left, right) => place(left) - place(right));
}
