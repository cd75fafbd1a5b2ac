import { setTimeout } from "node:timers/promises";
import type { LedgerEntry } from "@postern/sdk";
import { type Command, command } from "../../command.ts";
import { count } from "../../moment.ts";
import { printable } from "../../output/table.ts";
import type { Run } from "../../run.ts";

const PAGE = 500;
const EVERY = 1_000;

export const tail: Command = command({
  name: "ledger tail",
  summary: "show the last ledger entries, and with --follow the next ones",
  operands: {},
  options: {
    lines: { type: "text", short: "n", value: "<n>", about: "how many (default 20)" },
    from: { type: "text", value: "<index>", about: "from this entry on instead" },
    follow: { type: "flag", short: "f", about: "go on until Ctrl-C" },
  },
  examples: [
    { about: "what happened last", line: "postern ledger tail" },
    { about: "as it happens, for a script", line: "postern ledger tail --follow -o json" },
  ],
  run: async (run, { options }) => {
    const { context } = run;
    const client = await run.client();
    const { signal } = context;
    const size = sizeOf(await client.ledger.checkpoint({ signal }));
    let next =
      options.from === undefined
        ? Math.max(0, size - count(options.lines ?? "20", "--lines"))
        : count(options.from, "--from");
    for (;;) {
      const found = await client.ledger.entries({ from: next, limit: PAGE }, { signal });
      for (const entry of found) show(run, entry);
      next += found.length;
      if (found.length > 0) continue;
      if (!options.follow) return undefined;
      await setTimeout(EVERY, undefined, { signal });
    }
  },
});

/** The second line of a checkpoint is the size of its tree (C2SP tlog-checkpoint). */
function sizeOf(note: string): number {
  return Number(note.split("\n")[1] ?? 0);
}

interface Body {
  readonly at?: unknown;
  readonly type?: unknown;
  readonly by?: { readonly person?: unknown; readonly via?: unknown };
  readonly data?: unknown;
}

function show({ out }: Run, entry: LedgerEntry): void {
  const body = entry.entry === null ? null : (JSON.parse(entry.entry) as Body);
  out.line({ index: entry.index, leafHash: entry.leafHash, entry: body }, () =>
    body === null
      ? `${entry.index}  dropped after its retention; its hash remains`
      : printable(
          [
            String(entry.index).padStart(6),
            String(body.at ?? "").slice(0, 19),
            String(body.type ?? "").padEnd(18),
            String(body.by?.person ?? body.by?.via ?? ""),
            JSON.stringify(body.data ?? {}),
          ].join("  "),
        ),
  );
}
