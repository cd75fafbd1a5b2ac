import { cosignaturesOf, hashToBase64, type Verifier } from "@postern/ledger";
import { checkEntries } from "./entry-check.ts";
import type { EvidenceFolder } from "./evidence-file.ts";
import { refusal } from "./follow-log.ts";
import { type LogSource, SourceError } from "./log-source.ts";
import { type Held, isTrouble, type Look, look } from "./look.ts";
import type { MonitorState } from "./monitor-state.ts";

/** Why a monitor raises the alarm. */
export type AlarmReason =
  | "fork"
  | "rollback"
  | "unproved"
  | "bad_signature"
  | "entries"
  | "stale"
  | "not_cosigned"
  | "away";

/** What a monitor tells. */
export type MonitorEvent =
  | {
      readonly event: "growth";
      readonly origin: string;
      readonly from: number;
      readonly size: number;
      readonly root: string;
      readonly cosignedBy: readonly string[];
    }
  | {
      readonly event: "alarm";
      readonly origin: string;
      readonly reason: AlarmReason;
      readonly detail: string;
      readonly evidence: string | null;
    };

export interface MonitorOptions {
  readonly source: LogSource;
  readonly evidence: EvidenceFolder;
  readonly witnesses: { readonly keys: readonly Verifier[]; readonly count: number } | null;
  /** Milliseconds without news after which the alarm is raised; null: a log may rest as long as it answers. */
  readonly stale: number | null;
  /** Milliseconds for which the log may be away. */
  readonly away: number;
  /** Reads the entries too. */
  readonly token: string | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long after the start a cosignature may still be on its way, in milliseconds. */
  readonly patience: number;
  readonly keep: (state: MonitorState) => Promise<void>;
  readonly tell: (event: MonitorEvent) => void;
}

/** How far a witness's clock may be ahead, in milliseconds. */
const AHEAD_MS = 300_000;
/** A head and its tiles are read one after the other: what does not fit once is looked at again. */
const TRIES = 3;

/** What one step came to; `waiting`: all is well, but for a cosignature that may still be on its way. */
export type Watched = AlarmReason | "waiting" | null;

/** Follows a log look by look. */
export function monitor(begun: MonitorState, options: MonitorOptions): () => Promise<Watched> {
  const { source, now, tell } = options;
  let { log, head } = begun;
  let answeredAt = now();
  let newsAt = now();
  let cosignedAt = 0;
  let cosigned: string | null = null;
  const startedAt = now();

  function alarm(reason: AlarmReason, detail: string, evidence: string | null = null): AlarmReason {
    tell({ event: "alarm", origin: log.origin, reason, detail, evidence });
    return reason;
  }

  /** The witnesses under a head that count, and the time up to which enough of them have seen nothing larger. */
  function witnessed(held: Held): { readonly names: readonly string[]; readonly at: number | null } {
    const { witnesses } = options;
    if (witnesses === null) return { names: [], at: null };
    const latest = BigInt(Math.floor((now() + AHEAD_MS) / 1000));
    const found = cosignaturesOf(held.note, witnesses.keys, latest);
    const times = found.map(({ time }) => Number(time) * 1000).sort((a, b) => b - a);
    return { names: found.map(({ name }) => name), at: times[witnesses.count - 1] ?? null };
  }

  async function grown(from: number, seen: Held): Promise<AlarmReason | null> {
    if (options.token !== null) {
      const wrong = await checkEntries(source, from, Number(seen.size), options.token);
      if (wrong !== null) return alarm("entries", wrong);
    }
    head = seen;
    await options.keep({ log, head });
    newsAt = now();
    tell({
      event: "growth",
      origin: log.origin,
      from,
      size: Number(seen.size),
      root: hashToBase64(seen.root),
      cosignedBy: witnessed(seen).names,
    });
    return null;
  }

  function freshness(seen: Held): Watched {
    const { witnesses, stale } = options;
    const { at } = witnessed(seen);
    if (at !== null && at > cosignedAt) {
      cosignedAt = at;
      cosigned = `${seen.size}`;
      newsAt = Math.max(newsAt, Math.min(at, now()));
    }
    if (stale === null) return null;
    if (witnesses !== null && now() - cosignedAt > stale) {
      if (now() - startedAt <= options.patience) return "waiting";
      const last =
        cosigned === null ? "no head was" : `the head of ${cosigned} entries was the last that was`;
      return alarm(
        "not_cosigned",
        `${last} cosigned by ${witnesses.count} of the witnesses, and that is too long ago`,
      );
    }
    if (now() - newsAt > stale)
      return alarm(
        "stale",
        `the log has shown its head of ${seen.size} entries, and nothing newer, for too long`,
      );
    return null;
  }

  async function looked(): Promise<Look> {
    let seen = await look(source, log, head);
    for (let tries = 1; seen.kind === "unproved" && tries < TRIES; tries++)
      seen = await look(source, log, head);
    answeredAt = now();
    return seen;
  }

  return async () => {
    try {
      const seen = await looked();
      if (isTrouble(seen)) {
        const told = await refusal(seen, options.evidence);
        return alarm(told.reason, told.detail, told.evidence);
      }
      log = seen.log;
      if (seen.kind !== "same") {
        const from = Number(head?.size ?? 0n);
        const wrong = await grown(from, seen.head);
        if (wrong !== null) return wrong;
      }
      return freshness(seen.head);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      return now() - answeredAt > options.away ? alarm("away", error.message) : null;
    }
  };
}
