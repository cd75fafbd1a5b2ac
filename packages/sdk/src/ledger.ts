import { isFields } from "./json.ts";
import { itemsOf } from "./page.ts";
import { PosternUnavailable } from "./problem.ts";
import { linesOf } from "./reading.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface LedgerEntry {
  readonly index: number;
  /** Canonical JSON (RFC 8785), exactly as hashed; null once retention has dropped it. */
  readonly entry: string | null;
  /** Base64. */
  readonly leafHash: string;
}

export interface Ledger {
  /** At most `limit` entries from index `from` on. */
  entries(
    query: { readonly from: number; readonly limit?: number },
    options?: CallOptions,
  ): Promise<readonly LedgerEntry[]>;
  /** The newest signed checkpoint (C2SP signed note). Public. */
  checkpoint(options?: CallOptions): Promise<string>;
  /** A tlog-proof for one entry, to be kept by whom it concerns. */
  receipt(index: number, options?: CallOptions): Promise<string>;
  /** Proof that the tree of size `from` grew into the one of size `to`: hashes, base64. */
  consistency(from: number, to: number, options?: CallOptions): Promise<readonly string[]>;
  /** The lines of a self-contained export; `reveal` also shows sealed values that the caller may see. */
  export(
    query?: { readonly from?: number; readonly to?: number; readonly reveal?: boolean },
    options?: CallOptions,
  ): AsyncIterable<string>;
}

export function ledger(transport: Transport): Ledger {
  return {
    entries: async (query, options) =>
      itemsOf<LedgerEntry>(
        await transport.json({ ...options, method: "GET", path: "/v1/ledger/entries", query }),
      ),
    checkpoint: (options) => transport.text({ ...options, method: "GET", path: "/ledger/checkpoint" }),
    receipt: (index, options) =>
      transport.text({ ...options, method: "GET", path: "/v1/ledger/proof", query: { index } }),
    consistency: async (from, to, options) => {
      const answer = await transport.json({
        ...options,
        method: "GET",
        path: "/v1/ledger/proof",
        query: { from, to },
      });
      const proof = isFields(answer) ? answer.consistency : undefined;
      if (!Array.isArray(proof)) throw new PosternUnavailable("garbled", "expected a consistency proof");
      return proof.map(String);
    },
    async *export(query = {}, options) {
      yield* linesOf(await transport.stream({ ...options, method: "GET", path: "/v1/ledger/export", query }));
    },
  };
}
