import { entityKey, type Instant, type Result, refuse } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import { spanOf } from "../policy/simulation-span.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import { queue, withTurn } from "../search/queue.ts";
import { slices } from "../search/slices.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { ExportQuery } from "./export-query.ts";
import { endLine, exportedLine } from "./exported.ts";
import { fromLog } from "./read-log.ts";

const USUAL_LIMIT = 100_000;
const MOST_EXPORTED = 1_000_000;
const LONGEST_MS = 300_000;
const MOST_AT_ONCE = 2;

export function decisionExport(parts: {
  readonly world: World;
  readonly store: Pick<Store, "sheets">;
  readonly clock: ControlClock;
  readonly log: DecisionLog;
}): (query: ExportQuery) => Promise<Result<AsyncIterable<string>, Problem>> {
  const turns = queue(MOST_AT_ONCE, 0);

  async function* lines(
    query: ExportQuery,
    span: { readonly since: Instant; readonly until: Instant },
  ): AsyncGenerator<string> {
    const cut = slices(parts.world);
    const limit = Math.min(query.limit ?? USUAL_LIMIT, MOST_EXPORTED);
    const about = query.subject === undefined ? null : entityKey(query.subject);
    let decisions = 0;
    let unread = 0;
    let ended: "all" | "limit" | "time" = "all";
    for await (const read of fromLog(parts, span)) {
      if (query.gone()) return;
      if (cut.elapsed() >= LONGEST_MS) {
        ended = "time";
        break;
      }
      if (read.kind === "unread") {
        unread += 1;
        continue;
      }
      const rest = cut.next();
      if (rest !== null) await rest;
      const { asked, outcome } = read.recorded;
      if (about !== null && (asked.subject === null || entityKey(asked.subject) !== about)) continue;
      if (query.outcome !== undefined && outcome !== query.outcome) continue;
      if (!query.mayTell(asked.resource)) continue;
      if (decisions >= limit) {
        ended = "limit";
        break;
      }
      const line = exportedLine(read.recorded, parts.log);
      if (line === null) {
        unread += 1;
        continue;
      }
      decisions += 1;
      yield line;
    }
    yield endLine({ decisions, unread, ended });
  }

  return async (query) => {
    const span = spanOf(query, parts.clock.now().latest);
    if (!span.ok) return span;
    const turn = await turns.take();
    return turn === null
      ? refuse(problem("busy", `at most ${MOST_AT_ONCE} exports of decisions run at once on a node`))
      : { ok: true, value: withTurn(turn, lines(query, span.value)) };
  };
}
