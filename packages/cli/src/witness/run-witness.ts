import { setTimeout } from "node:timers/promises";
import { hashToBase64 } from "@postern/ledger";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { Run } from "../run.ts";
import { evidenceFolder } from "./evidence-file.ts";
import { type Follower, followLog, type WitnessEvent } from "./follow-log.ts";
import { keeper } from "./keeper.ts";
import type { WitnessKey } from "./key-file.ts";
import { type Listening, listen } from "./listen.ts";
import { logSource } from "./log-source.ts";
import type { WitnessState } from "./witness-state.ts";

export interface WitnessOptions {
  readonly key: WitnessKey;
  readonly state: WitnessState;
  readonly logs: readonly string[];
  readonly trusted: readonly string[];
  readonly at: { readonly host: string; readonly port: number } | null;
  /** Milliseconds between two looks. */
  readonly every: number;
  readonly folder: string;
  readonly once: boolean;
}

/** Runs a witness until the signal, or for one look. */
export async function runWitness(run: Run, options: WitnessOptions): Promise<ExitCode> {
  const { context, out } = run;
  const { signal } = context;
  const { state } = options;
  let forked = false;
  const cosignedSize = new Map<string, bigint>();
  const tell = (event: WitnessEvent): void => {
    if (event.event === "refused") forked ||= event.reason === "fork";
    out.line({ time: new Date(context.now()).toISOString(), ...event }, () => textOf(event));
  };
  const evidence = evidenceFolder(options.folder, context.files);
  const followers: Follower[] = [];
  const deciding = keeper({
    key: options.key,
    state,
    now: context.now,
    sourceOf: (origin) => sources[followers.findIndex((one) => one.origin() === origin)] ?? null,
    hears: {
      cosigned: ({ origin, head, time }) => {
        // Cosigned anew at the same size is no news.
        if (head === null || cosignedSize.get(origin) === head.size) return;
        cosignedSize.set(origin, head.size);
        tell({ event: "cosigned", origin, size: Number(head.size), root: hashToBase64(head.root), at: time });
      },
      refused: (log, head) => {
        const follower = followers.find((one) => one.origin() === log.origin);
        follower
          ?.examine(log, head)
          .catch((error: unknown) => out.note(`evidence cannot be written: ${String(error)}`));
      },
    },
  });
  const sources = options.logs.map((url) => logSource(url, context.fetch, signal));
  for (const source of sources) {
    followers.push(followLog({ source, state, keeper: deciding, evidence, trusted: options.trusted, tell }));
  }
  // Strangers may ask about logs that are none of ours: a log that was away is looked at no more than once a second.
  let looking: Promise<void> | null = null;
  const lookAtMissing = (): Promise<void> => {
    looking ??= Promise.all(followers.filter((one) => one.origin() === null).map((one) => one.step()))
      .then(() => undefined)
      .finally(() => {
        setTimeout(1_000, undefined, { ref: false }).then(() => {
          looking = null;
        });
      });
    return looking;
  };
  let listening: Listening | null = null;
  try {
    if (options.at !== null) {
      listening = await listen(options.at, deciding, state, lookAtMissing);
      out.note(`listening on ${listening.url}`);
      out.note(`at the log: POSTERN_WITNESSES="${options.key.vkey} ${listening.url}"`);
    }
    for (;;) {
      const fine = await Promise.all(followers.map((one) => one.step()));
      if (options.once) return fine.every(Boolean) ? EXIT.ok : EXIT.verificationFailed;
      await setTimeout(options.every, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return forked ? EXIT.verificationFailed : EXIT.ok;
  } finally {
    await listening?.close();
  }
}

function textOf(event: WitnessEvent): string {
  switch (event.event) {
    case "trusted":
      return event.onFirstSight
        ? `trusted   ${event.origin}: its key ${event.vkey} was taken on first sight; compare it with \`postern ledger key\``
        : `trusted   ${event.origin}: by the key ${event.vkey}`;
    case "cosigned":
      return `cosigned  ${event.origin}: ${event.size} entries, root ${event.root}`;
    case "refused":
      return `REFUSED   ${event.origin}: ${event.detail}${event.evidence === null ? "" : `\n          evidence: ${event.evidence}; \`postern ledger verify ${event.evidence} --key <vkey>\` proves it to anyone`}`;
    case "away":
      return `away      ${event.detail}`;
    default:
      return event satisfies never;
  }
}
