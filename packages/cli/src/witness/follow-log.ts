import { formatAddCheckpoint, LedgerError, toLogSize } from "@postern/ledger";
import type { EvidenceFolder } from "./evidence-file.ts";
import type { Keeper } from "./keeper.ts";
import { type LogSource, SourceError } from "./log-source.ts";
import { compare, type Held, isTrouble, look, type Trouble } from "./look.ts";
import { firstTrust, type TrustedLog } from "./trusted-log.ts";
import type { RememberedLog, WitnessState } from "./witness-state.ts";

/** What whoever runs a witness is told. */
export type WitnessEvent =
  | {
      readonly event: "trusted";
      readonly origin: string;
      readonly vkey: string;
      readonly onFirstSight: boolean;
    }
  | {
      readonly event: "cosigned";
      readonly origin: string;
      readonly size: number;
      readonly root: string;
      readonly at: number;
    }
  | {
      readonly event: "refused";
      readonly origin: string;
      readonly reason: "fork" | "rollback" | "unproved" | "bad_signature";
      readonly detail: string;
      /** The file that proves it to others; null: nothing that proves. */
      readonly evidence: string | null;
    }
  | { readonly event: "away"; readonly url: string; readonly detail: string };

export interface Follower {
  /** One look at the log; true where nothing was refused. Who asks during a look is told what comes of it. */
  step(): Promise<boolean>;
  /** Looks for proof of a fork in a head that was handed in and refused. */
  examine(log: RememberedLog, head: Held): Promise<void>;
  /** The log behind the address; null: it has not answered yet. */
  origin(): string | null;
}

export function followLog(parts: {
  readonly source: LogSource;
  readonly state: WitnessState;
  readonly keeper: Keeper;
  readonly evidence: EvidenceFolder;
  /** Keys that are trusted; none: the first one that is seen. */
  readonly trusted: readonly string[];
  readonly tell: (event: WitnessEvent) => void;
}): Follower {
  const { source, state, keeper, tell } = parts;
  let origin: string | null = null;
  let lastTold = "";
  let looking: Promise<boolean> | null = null;

  /** The same trouble is told once, until it is another or over. */
  function once(key: string, event: WitnessEvent): void {
    if (key !== lastTold) tell(event);
    lastTold = key;
  }

  async function known(): Promise<RememberedLog> {
    const name = origin ?? (await source.keys()).origin;
    const found = state.get(name);
    if (found !== undefined) {
      if (origin === null) insistOn(found);
      origin = name;
      return found;
    }
    const log: TrustedLog = firstTrust(await source.keys(), parts.trusted);
    const begun: RememberedLog = { ...log, head: null, time: 0 };
    const kept = await state.begin(begun);
    if (kept !== begun) insistOn(kept);
    origin = log.origin;
    if (kept !== begun) return kept;
    const onFirstSight = parts.trusted.length === 0;
    tell({ event: "trusted", origin: log.origin, vkey: log.keys[0]?.vkey ?? "", onFirstSight });
    return begun;
  }

  function insistOn({ keys, origin: name }: TrustedLog): void {
    if (parts.trusted.length === 0 || keys.some(({ vkey }) => parts.trusted.includes(vkey))) return;
    throw new LedgerError(
      "unknown_key",
      `the log \`${name}\` was followed by another key than the one given`,
    );
  }

  async function refuse(log: TrustedLog, seen: Trouble): Promise<void> {
    const told = await refusal(seen, parts.evidence);
    const key = `${log.origin} ${told.reason} ${told.detail}`;
    once(key, { event: "refused", origin: log.origin, ...told });
  }

  async function lookOnce(): Promise<boolean> {
    try {
      const log = await known();
      const seen = await look(source, log, log.head);
      if (isTrouble(seen)) {
        await refuse(log, seen);
        return false;
      }
      lastTold = "";
      if (seen.kind === "same") return true;
      toLogSize(seen.head.size);
      const { status } = await keeper.add(
        formatAddCheckpoint({
          oldSize: log.head?.size ?? 0n,
          proof: seen.proof,
          checkpoint: seen.head.note,
        }),
      );
      // 409: another request was quicker, and the next look sees its head.
      return status === 200 || status === 409;
    } catch (error) {
      if (error instanceof SourceError) {
        once(`away ${error.message}`, { event: "away", url: source.url, detail: error.message });
        return true;
      }
      if (!(error instanceof LedgerError)) throw error;
      const reason = "bad_signature";
      once(error.message, {
        event: "refused",
        origin: origin ?? source.url,
        reason,
        detail: error.message,
        evidence: null,
      });
      return false;
    }
  }

  return {
    origin: () => origin,
    step() {
      looking ??= lookOnce().finally(() => {
        looking = null;
      });
      return looking;
    },
    async examine(log, head) {
      try {
        const seen = await compare(source, log, log.head, head);
        if (seen.kind === "fork" || seen.kind === "unproved") await refuse(log, seen);
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        await refuse(log, { kind: "unproved", head, detail: error.message });
      }
    },
  };
}

/** A refusal in words, with its evidence written where there is any. */
export async function refusal(
  seen: Trouble,
  folder: EvidenceFolder,
): Promise<{
  readonly reason: "fork" | "rollback" | "unproved" | "bad_signature";
  readonly detail: string;
  readonly evidence: string | null;
}> {
  switch (seen.kind) {
    case "fork": {
      const written = await folder.write(seen.evidence);
      return {
        reason: "fork",
        detail: `the log has forked: the head of ${seen.head.size} entries that it signed excludes one that it signed before`,
        evidence: written?.path ?? null,
      };
    }
    case "rollback":
      return {
        reason: "rollback",
        detail: `the log shows a head of ${seen.head.size} entries, fewer than it signed before`,
        evidence: null,
      };
    case "unproved":
      return {
        reason: "unproved",
        detail: `the head of ${seen.head.size} entries is not shown to have grown out of the one before: ${seen.detail}`,
        evidence: null,
      };
    case "bad_signature":
      return { reason: "bad_signature", detail: `the head is not believed: ${seen.detail}`, evidence: null };
    default:
      return seen satisfies never;
  }
}
