import { dirname, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Command, command } from "../../command.ts";
import { EXIT, type ExitCode } from "../../exit-code.ts";
import { CommandError, messageOf, UsageError } from "../../failure.ts";
import { milliseconds } from "../../moment.ts";
import { readable } from "../../readable.ts";
import type { Run } from "../../run.ts";
import type { DurableFile } from "../../witness/durable-file.ts";
import type { AlarmReason, MonitorEvent, Watched } from "../../witness/monitor.ts";
import { requiredOf } from "./verify.ts";

const AWAY = "15m";
/** One look waits this long for a cosignature of a head that was signed just now. */
const ONCE_PATIENCE_MS = 5_000;
const ONCE_AGAIN_MS = 500;

export const follow: Command = command({
  name: "ledger follow",
  summary: "watch a ledger grow, check every growth, and raise the alarm where something is wrong",
  details:
    "Reads signed heads and the tiles between them, which anyone may, and prints one line for each growth that is proved.\n" +
    "Ends with 8 on a fork, a head older than one seen before, a signature that does not hold, or entries that are not\n" +
    "those of the tree; with 7 where nothing new, or nothing cosigned, was shown for too long, or the ledger was away.\n" +
    "With -o json each line is JSON and an alarm is one too.",
  operands: { url: { about: "the ledger's control plane (default: --url)", count: "optional" } },
  options: {
    key: {
      type: "list",
      short: "k",
      value: "<vkey>",
      about: "a checkpoint key that you trust (default: the first seen)",
    },
    "key-file": { type: "text", value: "<file>", about: "a file with one such key a line" },
    state: {
      type: "text",
      value: "<file>",
      about: "remembers the last head, so that the next run goes on from it",
    },
    "require-witness": {
      type: "list",
      value: "<vkey>[,<vkey>]",
      about: "a witness that must go on cosigning the heads that are shown",
    },
    witnesses: { type: "text", value: "<n>", about: "how many of them (default: all named)" },
    stale: {
      type: "text",
      value: "<length>",
      about: "how long nothing new may be shown (default 15m with witnesses, else for ever)",
    },
    away: { type: "text", value: "<length>", about: "how long it may not answer (default 15m)" },
    every: { type: "text", value: "<length>", about: "between two looks (default 10s)" },
    entries: { type: "flag", about: "read the entries too (needs a token with ledger.read)" },
    evidence: {
      type: "text",
      value: "<folder>",
      about: "where evidence of a fork is written (default: beside the state, or here)",
    },
    once: { type: "flag", about: "look once and end" },
  },
  examples: [
    {
      about: "as a service, with a witness's word that nothing newer is held back",
      line: "postern ledger follow https://postern.example --key-file ledger.vkey --state follow.state --require-witness w1+9b8c4f0a+BAo1",
    },
    {
      about: "from cron",
      line: "postern ledger follow https://postern.example --state follow.state --once -o json",
    },
  ],
  run: async (run, { operands, options }) => {
    const { context } = run;
    const url = operands.url ?? run.url;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new UsageError(`expected an http or https address, got \`${url}\``);
    const named = options["key-file"] === undefined ? "" : await readable(context, options["key-file"]);
    const trusted = [...options.key, ...named.split("\n").map((line) => line.trim())].filter(
      (key) => key !== "",
    );
    const required = requiredOf(options["require-witness"], options.witnesses, context.now());
    const stale = options.stale ?? (required === undefined ? undefined : AWAY);
    const every = milliseconds(options.every ?? "10s", "every");
    const { state: path } = options;
    const file = path === undefined ? null : await stateFile(path);
    try {
      const step = await begin(run, {
        url,
        trusted,
        required,
        file,
        stale: stale === undefined ? null : milliseconds(stale, "stale"),
        away: milliseconds(options.away ?? AWAY, "away"),
        token: options.entries ? await run.token() : null,
        patience: options.once ? ONCE_PATIENCE_MS : milliseconds(stale ?? AWAY, "stale"),
        folder: options.evidence ?? (path === undefined ? "." : dirname(resolve(path))),
      });
      for (;;) {
        const seen = await step();
        if (seen !== null && seen !== "waiting") return exitOf(seen);
        if (options.once && seen === null) return EXIT.ok;
        await setTimeout(options.once ? ONCE_AGAIN_MS : every, undefined, { signal: context.signal });
      }
    } catch (error) {
      if (context.signal.aborted) return EXIT.ok;
      throw error;
    } finally {
      file?.close();
    }
  },
});

async function begin(
  run: Run,
  given: {
    readonly url: string;
    readonly trusted: readonly string[];
    readonly required: ReturnType<typeof requiredOf>;
    readonly file: DurableFile | null;
    readonly stale: number | null;
    readonly away: number;
    readonly patience: number;
    readonly token: string | null;
    readonly folder: string;
  },
): Promise<() => Promise<Watched>> {
  const { context, out } = run;
  const { LedgerError, verifier } = await import("@postern/ledger");
  const { evidenceFolder } = await import("../../witness/evidence-file.ts");
  const { logSource, SourceError } = await import("../../witness/log-source.ts");
  const { monitor } = await import("../../witness/monitor.ts");
  const { readMonitor, writeMonitor } = await import("../../witness/monitor-state.ts");
  const { firstTrust } = await import("../../witness/trusted-log.ts");
  const { StateError } = await import("../../witness/witness-state.ts");
  const { fast } = await import("../../fast-verifier.ts");
  const { file, required } = given;
  const source = logSource(given.url, context.fetch, context.signal);
  try {
    const remembered = file === null ? null : await readMonitor(file);
    const begun = remembered ?? { log: firstTrust(await source.keys(), given.trusted), head: null };
    if (given.trusted.length > 0 && !begun.log.keys.some(({ vkey }) => given.trusted.includes(vkey)))
      throw new UsageError("the state is of a ledger with another key than the one given");
    if (remembered === null && given.trusted.length === 0)
      out.note(
        `the key ${begun.log.keys[0]?.vkey ?? ""} was taken on first sight; compare it with \`postern ledger key\``,
      );
    return monitor(begun, {
      ...given,
      source,
      evidence: evidenceFolder(given.folder, context.files),
      witnesses:
        required === undefined
          ? null
          : {
              count: required.count,
              keys: required.keys.map((vkey) => verifier(vkey, fast().verifySignature)),
            },
      now: context.now,
      keep: async (state) => {
        if (file !== null) await writeMonitor(file, state);
      },
      tell: (event) =>
        out.line({ time: new Date(context.now()).toISOString(), ...event }, () => textOf(event)),
    });
  } catch (error) {
    if (error instanceof SourceError) throw new CommandError(EXIT.unavailable, error.message);
    if (error instanceof StateError) throw new CommandError(EXIT.unexpected, `the state: ${error.message}`);
    if (error instanceof LedgerError) throw new CommandError(EXIT.verificationFailed, error.message);
    throw error;
  }
}

async function stateFile(path: string): Promise<DurableFile> {
  const { durableFile } = await import("../../witness/durable-file.ts");
  try {
    return durableFile(path);
  } catch (error) {
    throw new CommandError(EXIT.unexpected, messageOf(error));
  }
}

function exitOf(alarm: AlarmReason): ExitCode {
  switch (alarm) {
    case "stale":
    case "not_cosigned":
    case "away":
      return EXIT.timedOut;
    case "fork":
    case "rollback":
    case "unproved":
    case "bad_signature":
    case "entries":
      return EXIT.verificationFailed;
    default:
      return alarm satisfies never;
  }
}

function textOf(event: MonitorEvent): string {
  switch (event.event) {
    case "growth": {
      const by = event.cosignedBy.length === 0 ? "" : `, cosigned by ${event.cosignedBy.join(", ")}`;
      return `growth  ${event.origin}: ${event.from} to ${event.size} entries, root ${event.root}${by}`;
    }
    case "alarm":
      return `ALARM   ${event.origin}: ${event.detail} (${event.reason})${event.evidence === null ? "" : `\n        evidence: ${event.evidence}; \`postern ledger verify ${event.evidence} --key <vkey>\` proves it to anyone`}`;
    default:
      return event satisfies never;
  }
}
