import type { Run } from "../../run.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const TIMEOUT = 3_000;
/** Differences below this are the resolution of the `Date` header and of the network. */
const CLOCK = 2_000;

export interface Reached {
  readonly reached: boolean;
  readonly findings: readonly Finding[];
}

/** Whether the server answers, is ready, and agrees about the time. */
export async function serverFindings({ context, url }: Run): Promise<Reached> {
  const get = async (path: string): Promise<Response> =>
    await context.fetch(`${url.replace(/\/+$/, "")}${path}`, {
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT), context.signal]),
      redirect: "error",
    });
  let live: Response;
  try {
    live = await get("/livez");
    await live.arrayBuffer();
    if (!live.ok) throw new Error(`it answered ${live.status}`);
  } catch (error) {
    context.signal.throwIfAborted();
    const cause =
      error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : "";
    return {
      reached: false,
      findings: [
        fail(
          "server",
          `nothing of Postern answers at ${url}${cause === "" ? "" : `: ${cause}`}`,
          "start it with `postern serve`, or set POSTERN_URL to its control plane",
        ),
      ],
    };
  }
  return {
    reached: true,
    findings: [
      ok("server", `answers at ${url}`),
      clock(live, context.now()),
      ...(await readiness(await get("/readyz"))),
    ],
  };
}

function clock(response: Response, now: number): Finding {
  const there = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(there))
    return warn(
      "time",
      "the server did not say what time it is",
      "look for a proxy that drops the Date header",
    );
  const apart = Math.abs(now - there);
  return apart < CLOCK
    ? ok("time", "the server's clock and this machine's agree to two seconds")
    : warn(
        "time",
        `the server's clock and this machine's are ${Math.round(apart / 1000)} s apart`,
        "let both follow a time server (NTP)",
      );
}

/** What a code says, for whoever may not read more; an administrator's token shows the rest. */
const SAID: Readonly<Record<string, string>> = {
  no_policy: "no policy is active, so every request is denied",
  stopping: "the process is stopping",
  clock_distrusted: "the node's clock is in doubt",
  database_stale: "the database is not the one that was last seen or signed",
  node_stale: "the ledger's head was not confirmed within the lease",
  row_tampered: "something in the database was changed from outside",
  recording_unavailable: "nothing can be recorded",
  ends_not_kept: "what ended is not all kept outside the database",
};

const FIXES: Readonly<Record<string, string>> = {
  no_policy: "start with --policy-dir, or `postern policy publish` and `postern policy activate`",
  stopping: "wait for the next process, or start one",
  clock_distrusted: "set the clock right; after a real jump an administrator accepts the time",
  database_stale:
    "put the newest database back: this one is older than what was seen or signed; `postern nodes` tells the loss",
  ends_not_kept:
    "make room, or let it write to `ends.jsonl` beside its signed head; until then a restored backup would revive what ended, so make no restore from before now",
  row_tampered: "export and verify the ledger, and find who wrote to the database",
};

async function readiness(response: Response): Promise<readonly Finding[]> {
  const body = (await response.json().catch(() => null)) as {
    readonly reasons?: readonly { readonly reason: string }[];
    readonly warnings?: readonly { readonly reason: string }[];
  } | null;
  const reasons = body?.reasons ?? [];
  const warnings = (body?.warnings ?? []).map(({ reason }) =>
    warn(
      "readiness",
      `${SAID[reason] ?? "it says why by a code alone"} (${reason})`,
      FIXES[reason] ?? "look into its log",
    ),
  );
  return [...warnings, ...readinessOf(response, reasons)];
}

function readinessOf(
  response: Response,
  reasons: readonly { readonly reason: string }[],
): readonly Finding[] {
  if (response.ok && reasons.length === 0) return [ok("readiness", "it decides and honours")];
  if (reasons.length === 0) {
    return [fail("readiness", `it answered ${response.status} without a reason`, "look into its log")];
  }
  return reasons.map(({ reason }) =>
    fail(
      "readiness",
      `${SAID[reason] ?? "it says why by a code alone"} (${reason})`,
      FIXES[reason] ?? "look into its log",
    ),
  );
}
