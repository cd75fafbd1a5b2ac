import { EXIT, type ExitCode } from "../../exit-code.ts";
import type { Run } from "../../run.ts";

/** Verifies a receipt for an entry, and says so in words. */
export async function verifyReceiptFile(
  { out }: Run,
  given: { readonly receipt: string; readonly entry: string; readonly keys: readonly string[] },
): Promise<ExitCode> {
  const { LedgerError, parseCheckpoint, parseNote, parseReceipt, verifier, verifyReceipt } = await import(
    "@postern/ledger"
  );
  try {
    const { origin } = parseCheckpoint(parseNote(parseReceipt(given.receipt).checkpoint).text);
    const { index, checkpoint } = verifyReceipt({
      receipt: given.receipt,
      // A file usually ends in a newline; the entry does not.
      entry: new TextEncoder().encode(given.entry.replace(/\n$/, "")),
      origin,
      verifiers: given.keys.map((key) => verifier(key)),
    });
    const detail = `the entry is number ${index} of the ledger ${origin}, under its signed checkpoint of ${checkpoint.size} entries`;
    out.show(
      { ok: true, index: Number(index), origin, detail },
      () => `${detail}\n\n${out.paint("proof", "verified")}\n`,
    );
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const detail = error.message;
    out.show(
      { ok: false, code: error.code, detail },
      () => `${detail}\n\n${out.paint("refused", "NOT verified")}\n`,
    );
    return EXIT.verificationFailed;
  }
}
