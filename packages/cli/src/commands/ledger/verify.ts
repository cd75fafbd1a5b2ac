import type { ExportReport, ExportTrust } from "@postern/ledger";
import { type Command, command } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { CommandError, messageOf, UsageError } from "../../failure.ts";
import { count } from "../../moment.ts";
import { readable } from "../../readable.ts";
import type { Run } from "../../run.ts";
import { verifyReceiptFile } from "./receipt-file.ts";

/** How far a witness's clock may be ahead of this machine's, in seconds. */
const CLOCK_AHEAD_S = 300;

export const verify: Command = command({
  name: "ledger verify",
  summary: "verify an export, a receipt or evidence of a fork, without a server and without trust in one",
  details:
    "Says in words what it checked. Exit code 8 where it does not verify, with the first bad entry. At least one key must\n" +
    "be given: nothing in the file is believed without a key that came another way (`postern ledger key`).",
  operands: {
    file: {
      about: "an export (.jsonl), a receipt (.tlog-proof), or evidence of a fork that a witness wrote",
    },
  },
  options: {
    key: { type: "list", short: "k", value: "<vkey>", about: "a checkpoint key that you trust" },
    "key-file": { type: "text", value: "<file>", about: "a file with one such key a line" },
    held: {
      type: "text",
      value: "<file>",
      about: "a checkpoint kept from before: the ledger must have grown out of it",
    },
    "require-witness": {
      type: "list",
      value: "<vkey>[,<vkey>]",
      about: "a witness that must have cosigned the newest checkpoint",
    },
    witnesses: {
      type: "text",
      value: "<n>",
      about: "how many of them must have cosigned (default: all named)",
    },
    entry: { type: "text", value: "<file>", about: "for a receipt: the entry, exactly as hashed" },
  },
  examples: [
    { about: "an export", line: "postern ledger verify ledger.jsonl --key-file ledger.vkey" },
    {
      about: "and that nothing was rewritten since the checkpoint kept last month",
      line: "postern ledger verify ledger.jsonl --key-file ledger.vkey --held checkpoint.txt",
    },
    {
      about: "and that two of three witnesses saw no other history",
      line: "postern ledger verify ledger.jsonl --key-file ledger.vkey --require-witness w1+9b8c4f0a+BAo1,w2+0d1e2f3a+BCx9,w3+1a2b3c4d+BPq7 --witnesses 2",
    },
  ],
  run: async (run, { operands, options }) => {
    const { files } = run.context;
    const named = options["key-file"] === undefined ? "" : await readable(run.context, options["key-file"]);
    const keys = [...options.key, ...named.split("\n").map((line) => line.trim())].filter(
      (text) => text !== "",
    );
    if (keys.length === 0) {
      throw new UsageError(
        "expected --key or --key-file",
        "a file cannot vouch for itself: `postern ledger key` prints the key, to be kept apart from the ledger",
      );
    }
    const head = await firstBytes(run, operands.file);
    if (head.startsWith("c2sp.org/tlog-proof")) {
      if (options.entry === undefined) throw new UsageError("expected --entry beside a receipt");
      const [receipt, entry] = [
        await readable(run.context, operands.file),
        await readable(run.context, options.entry),
      ];
      return await verifyReceiptFile(run, { receipt, entry, keys });
    }
    if (head.startsWith('{"first":')) return await verifyForkFile(run, operands.file, keys);
    const held = options.held === undefined ? undefined : await readable(run.context, options.held);
    const required = requiredOf(options["require-witness"], options.witnesses, run.context.now());
    return await verifyExportFile(run, await files.chunks(operands.file), {
      trustedKeys: keys,
      ...(held === undefined ? {} : { lastKnownCheckpoint: held }),
      ...(required === undefined ? {} : { requireCosignatures: required }),
    });
  },
});

/** What is asked of witnesses; undefined: nothing. Throws `UsageError`. */
export function requiredOf(
  named: readonly string[],
  least: string | undefined,
  now: number,
): ExportTrust["requireCosignatures"] {
  const keys = named
    .flatMap((list) => list.split(","))
    .map((vkey) => vkey.trim())
    .filter((vkey) => vkey !== "");
  if (keys.length === 0) {
    if (named.length === 0 && least === undefined) return undefined;
    throw new UsageError("expected --require-witness with a witness's vkey");
  }
  const wanted = least === undefined ? keys.length : count(least, "--witnesses");
  if (wanted < 1 || wanted > keys.length)
    throw new UsageError(`expected 1 to ${keys.length} for --witnesses, got \`${wanted}\``);
  return { keys, count: wanted, latest: BigInt(Math.floor(now / 1000) + CLOCK_AHEAD_S) };
}

/** Evidence of a fork: verified, it says that the ledger is not to be believed. */
async function verifyForkFile(run: Run, file: string, keys: readonly string[]): Promise<ExitCode> {
  const { LedgerError, verifyFork } = await import("@postern/ledger");
  const { fast } = await import("../../fast-verifier.ts");
  const { out } = run;
  try {
    const report = verifyFork(await readable(run.context, file), { trustedKeys: keys, ...fast() });
    out.show(report, () => {
      const lines = report.checks.map((check) => checkLine(check, out.paint)).join("");
      return `${lines}\n${report.ok ? out.paint("refused", "the fork is proved") : out.paint("refused", "NOT proved")}\n`;
    });
    return report.ok ? EXIT.ok : EXIT.verificationFailed;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new UsageError(`what was given to trust cannot be read: ${error.message}`);
  }
}

async function verifyExportFile(
  { out }: Run,
  chunks: AsyncIterable<Uint8Array>,
  trust: ExportTrust,
): Promise<ExitCode> {
  const { exportLines, LedgerError, verifyExport } = await import("@postern/ledger");
  const { fast } = await import("../../fast-verifier.ts");
  let report: ExportReport;
  try {
    report = await verifyExport(exportLines(chunks), { ...trust, ...fast() });
  } catch (error) {
    if (error instanceof LedgerError)
      throw new UsageError(
        `what was given to trust cannot be read: ${error.message}`,
        "--key and --key-file take what `postern ledger key` prints, --held what `postern ledger checkpoint` does, --require-witness what `postern witness` prints",
      );
    throw error;
  }
  out.show(report, () => reportText(report, out.paint));
  return report.ok ? EXIT.ok : EXIT.verificationFailed;
}

function reportText({ ok, checks, firstBad }: ExportReport, paint: Run["out"]["paint"]): string {
  const lines = checks.map((check) => checkLine(check, paint));
  if (ok) return `${lines.join("")}\n${paint("proof", "verified")}\n`;
  const where =
    firstBad === undefined
      ? ""
      : firstBad.through === undefined || firstBad.through === firstBad.index
        ? `: first bad entry ${firstBad.index} (${firstBad.reason})`
        : `: first bad entry somewhere from ${firstBad.index} to ${firstBad.through} (${firstBad.reason})`;
  return `${lines.join("")}\n${paint("refused", "NOT verified")}${where}\n`;
}

function checkLine(
  { check, ok, detail }: { readonly check: string; readonly ok: boolean; readonly detail: string },
  paint: Run["out"]["paint"],
): string {
  return `${paint(ok ? "proof" : "refused", ok ? "ok  " : "FAIL")}  ${check.padEnd(12)}  ${detail}\n`;
}

async function firstBytes({ context }: Run, file: string): Promise<string> {
  try {
    for await (const chunk of await context.files.chunks(file))
      return new TextDecoder().decode(chunk.subarray(0, 64));
  } catch (error) {
    throw new CommandError(EXIT.usage, `\`${file}\` cannot be read: ${messageOf(error)}`);
  }
  return "";
}
