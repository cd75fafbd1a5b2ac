import {
  addSignatures,
  cosigner,
  formatSignatureLine,
  judgeCheckpoint,
  LedgerError,
  longestAddCheckpoint,
  parseAddCheckpoint,
  parseNote,
  signatureLines,
} from "@postern/ledger";
import { fast } from "../fast-verifier.ts";
import type { WitnessKey } from "./key-file.ts";
import { type LogSource, SourceError } from "./log-source.ts";
import { type Held, openOrRotate } from "./look.ts";
import type { RememberedLog, WitnessState } from "./witness-state.ts";

/** An answer to add-checkpoint, as it goes over HTTP (C2SP tlog-witness). */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 413 | 422 | 503;
  readonly type: "text/plain; charset=utf-8" | "text/x.tlog.size";
  readonly text: string;
}

/** Hears of what a witness did and of what it refused. */
export interface Hears {
  readonly cosigned: (log: RememberedLog) => void;
  /** A head that the log signed was refused, though its signature holds. */
  readonly refused: (log: RememberedLog, head: Held, kind: "forked" | "unproved") => void;
}

/** Where a witness decides: judging, remembering and cosigning are one step, one at a time for each log. */
export interface Keeper {
  add(body: string): Promise<Answer>;
}

const KEYS_AGAIN_MS = 1_000;

export function keeper(parts: {
  readonly key: WitnessKey;
  readonly state: WitnessState;
  /** Where a log is read, to learn of keys that were handed over. */
  readonly sourceOf: (origin: string) => LogSource | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly hears: Hears;
}): Keeper {
  const { key, state, hears } = parts;
  const asked = new Map<string, number>();
  const turns = new Map<string, Promise<unknown>>();

  async function decide(request: ReturnType<typeof parseAddCheckpoint>): Promise<Answer> {
    const { claims, checkpoint } = request;
    const known = state.get(claims.origin);
    if (known === undefined) return plain(404, "this log is not known here\n");
    const opened = await openOrRotate(sourceFor(claims.origin), known, checkpoint);
    if (typeof opened === "string") return plain(403, `${opened}\n`);
    const log = { ...known, keys: opened.log.keys };
    // A key that was handed over is remembered whatever becomes of the head that it came with.
    if (opened.log !== known) await state.set(log);
    const head: Held = { note: checkpoint, size: claims.size, root: claims.root };
    const verdict = judgeCheckpoint(log.head, request, claims, fast().hasher);
    switch (verdict.kind) {
      case "consistent":
        return await cosign(log, head);
      case "backwards":
        return plain(400, "the old size is larger than the new one\n");
      case "other_size":
        return { status: 409, type: "text/x.tlog.size", text: `${verdict.size}\n` };
      case "forked":
        hears.refused(log, head, "forked");
        return plain(409, "another root was cosigned at this size\n");
      case "unproved":
        hears.refused(log, head, "unproved");
        return plain(422, "the proof does not lead from the cosigned head to this one\n");
      default:
        return verdict satisfies never;
    }
  }

  /** Whoever hands in notes by unknown keys must not have the log asked for its keys each time. */
  function sourceFor(origin: string): LogSource | null {
    const now = parts.now();
    if (now - (asked.get(origin) ?? Number.NEGATIVE_INFINITY) < KEYS_AGAIN_MS) return null;
    const source = parts.sourceOf(origin);
    if (source === null) return null;
    return {
      ...source,
      keys: () => {
        asked.set(origin, now);
        return source.keys();
      },
    };
  }

  async function cosign(log: RememberedLog, head: Held): Promise<Answer> {
    const { text } = parseNote(head.note);
    // A clock that was put back must not make the witness contradict what it said before.
    const time = Math.max(Math.floor(parts.now() / 1000), log.time);
    const signer = cosigner(key.name, key.seed, BigInt(time));
    const cosigned = addSignatures(ownOnly(log, head.note), signer);
    const next: RememberedLog = { ...log, head: { ...head, note: cosigned }, time };
    // Durable before anybody hears of it: a cosignature that is forgotten could be contradicted.
    await state.set(next);
    hears.cosigned(next);
    return plain(200, signatureLines(text, signer));
  }

  return {
    add(body) {
      if (body.length > longestAddCheckpoint) return Promise.resolve(plain(413, "the request is too long\n"));
      let request: ReturnType<typeof parseAddCheckpoint>;
      try {
        request = parseAddCheckpoint(body);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        return Promise.resolve(plain(400, `${error.message}\n`));
      }
      const { origin } = request.claims;
      // A log that is not known gets no turn, so that strangers' names take no room.
      if (state.get(origin) === undefined) return decide(request);
      const turn = (turns.get(origin) ?? Promise.resolve()).then(() => decide(request)).catch(failed);
      turns.set(origin, turn);
      return turn;
    },
  };
}

function failed(error: unknown): Answer {
  if (error instanceof SourceError) return plain(503, "the log's keys cannot be read now\n");
  return plain(503, "nothing could be remembered, so nothing was cosigned\n");
}

/** The note with the log's own signatures alone: others would only take room, and may be anything. */
function ownOnly({ keys }: RememberedLog, note: string): string {
  const { text, signatures } = parseNote(note);
  const ids = new Set(keys.map(({ vkey }) => vkey.split("+").slice(0, 2).join("+")));
  const own = signatures.filter(({ name, keyId }) => ids.has(`${name}+${keyId}`));
  return `${text}\n${own.map(formatSignatureLine).join("")}`;
}

function plain(status: Answer["status"], text: string): Answer {
  return { status, type: "text/plain; charset=utf-8", text };
}
