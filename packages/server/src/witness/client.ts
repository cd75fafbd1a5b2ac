import { createHash } from "node:crypto";
import { parseSize } from "@postern/ledger";
import type { Witness, WitnessAnswer } from "@postern/service";
import { readWitnesses, type WitnessAddress } from "./address.ts";

/** A witness that takes longer is one that is away. */
const WITHIN_MS = 2_000;
const LONGEST_ANSWER = 65_536;

/** Clients of configured witnesses. Throws `TypeError` for what the configuration would have refused. */
export function witnessClients(lines: readonly string[]): readonly Witness[] {
  const read = readWitnesses(lines);
  if (!read.ok) throw new TypeError(read.refusal);
  return read.value.map(witnessClient);
}

function witnessClient({ vkey, url }: WitnessAddress): Witness {
  return {
    vkey,
    async addCheckpoint(body) {
      const { status, text } = await ask(`${url}/add-checkpoint`, { method: "POST", body });
      return answerOf(status, text);
    },
    async newest(origin) {
      const { status, text } = await ask(`${url}/checkpoint/${logId(origin)}`, { method: "GET" });
      return status === 200 ? text : null;
    },
  };
}

/** Which log, in an address: SHA-256 of its origin. */
function logId(origin: string): string {
  return createHash("sha256").update(origin).digest("hex");
}

function answerOf(status: number, text: string): WitnessAnswer {
  if (status === 200) return { kind: "cosigned", lines: text };
  if (status !== 409) return { kind: "refused", status };
  // The size is told where the request builds on another one, and is left out where the roots differ.
  return { kind: "conflict", size: /^\d{1,20}\n$/.test(text) ? parseSize(text.trimEnd()) : null };
}

async function ask(
  url: string,
  { method, body }: { readonly method: "GET" | "POST"; readonly body?: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url, {
    method,
    redirect: "error",
    signal: AbortSignal.timeout(WITHIN_MS),
    ...(body === undefined ? {} : { body, headers: { "content-type": "text/plain; charset=utf-8" } }),
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) throw new Error(`expected an answer of at most ${LONGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return { status: response.status, text: Buffer.concat(chunks).toString("utf8") };
}
