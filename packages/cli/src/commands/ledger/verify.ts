import type { ExportReport, ExportTrust } from "@postern/ledger";
import { type Command, command } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { CommandError, messageOf, UsageError } from "../../failure.ts";
import { count } from "../../moment.ts";
import { readable } from "../../readable.ts";
import type { Run } from "../../run.ts";
import { verifyReceiptFile } from "./receipt-file.ts";

export const verify: Command = command({
  name: "ledger verify",
  summary: "verify an export or a receipt, without a server and without trust in one",
  details:
    "Says in words what it checked. Exit code 8 where it does not verify, with the first bad entry. At least one key must\n" +
    "be given: nothing in the file is believed without a key that came another way (`postern ledger key`).",
  operands: { file: { about: "an export (.jsonl), or a receipt (.tlog-proof)" } },
  options: {
    key: { type: "list", short: "k", value: "<vkey>", about: "a checkpoint key that you trust" },
    "key-file": { type: "text", value: "<file>", about: "a file with one such key a line" },
    held: {
      type: "text",
      value: "<file>",
      about: "a checkpoint kept from before: the ledger must have grown out of it",
    },
    witness: { type: "list", value: "<vkey>", about: "a witness whose cosignature counts" },
    witnesses: {
      type: "text",
      value: "<n>",
      about: "how many of them must have signed (default: all named)",
    },
    entry: { type: "text", value: "<file>", about: "for a receipt: the entry, exactly as hashed" },
  },
  examples: [
    { about: "an export", line: "postern ledger verify ledger.jsonl --key-file ledger.vkey" },
    {
      about: "and that nothing was rewritten since the checkpoint kept last month",
      line: "postern ledger verify ledger.jsonl --key-file ledger.vkey --held checkpoint.txt",
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
    const held = options.held === undefined ? undefined : await readable(run.context, options.held);
    const required =
      options.witness.length === 0
        ? undefined
        : {
            keys: options.witness,
            count:
              options.witnesses === undefined
                ? options.witness.length
                : count(options.witnesses, "--witnesses"),
          };
    if (required === undefined && options.witnesses !== undefined)
      throw new UsageError("expected --witness beside --witnesses");
    return await verifyExportFile(run, files.chunks(operands.file), {
      trustedKeys: keys,
      ...(held === undefined ? {} : { lastKnownCheckpoint: held }),
      ...(required === undefined ? {} : { requireCosignatures: required }),
    });
  },
});

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
        "--key and --key-file take what `postern ledger key` prints, --held what `postern ledger checkpoint` does",
      );
    throw error;
  }
  out.show(report, () => reportText(report, out.paint));
  return report.ok ? EXIT.ok : EXIT.verificationFailed;
}

function reportText({ ok, checks, firstBad }: ExportReport, paint: Run["out"]["paint"]): string {
  const lines = checks.map(
    (check) =>
      `${paint(check.ok ? "proof" : "refused", check.ok ? "ok  " : "FAIL")}  ${check.check.padEnd(12)}  ${check.detail}\n`,
  );
  if (ok) return `${lines.join("")}\n${paint("proof", "verified")}\n`;
  const where =
    firstBad === undefined
      ? ""
      : firstBad.through === undefined || firstBad.through === firstBad.index
        ? `: first bad entry ${firstBad.index} (${firstBad.reason})`
        : `: first bad entry somewhere from ${firstBad.index} to ${firstBad.through} (${firstBad.reason})`;
  return `${lines.join("")}\n${paint("refused", "NOT verified")}${where}\n`;
}

async function firstBytes({ context }: Run, file: string): Promise<string> {
  try {
    for await (const chunk of context.files.chunks(file))
      return new TextDecoder().decode(chunk.subarray(0, 64));
  } catch (error) {
    throw new CommandError(EXIT.usage, `\`${file}\` cannot be read: ${messageOf(error)}`);
  }
  return "";
}
