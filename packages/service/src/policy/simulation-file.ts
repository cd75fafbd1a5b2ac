import type { Instant } from "@postern/core";
import type { DecisionLog } from "../decisions/decision-log.ts";
import type { LeftOut } from "../decisions/export-query.ts";
import { lineReader } from "../decisions/exported.ts";
import type { Read } from "../decisions/read-log.ts";
import type { State } from "../projection/state.ts";
import type { FileReport, GivenLines } from "./simulation-views.ts";

const NAMED = 100;
/** Lines that give nothing to decide, after which others are answered. */
const IDLE_LINES = 64;

/** What became of the lines of a file. */
export interface Reading {
  line(): void;
  left(line: number, reason: LeftOut): void;
  whole(): void;
  report(): FileReport;
}

export function readingOf(): Reading {
  let lines = 0;
  let leftOut = 0;
  let whole = false;
  const named: { readonly line: number; readonly reason: LeftOut }[] = [];
  return {
    line() {
      lines += 1;
      // Whatever stands behind the end was put there by somebody else.
      whole = false;
    },
    left(line, reason) {
      leftOut += 1;
      if (named.length < NAMED) named.push({ line, reason });
    },
    whole() {
      whole = true;
    },
    report: () => ({ lines, leftOut, named: [...named], whole }),
  };
}

/** The decisions of an export, as they come. What is not ours, or damaged, is told by its line and changes nothing. */
export async function* fromFile(
  given: GivenLines,
  span: { readonly since: Instant; readonly until: Instant },
  reading: Reading,
  parts: {
    readonly log: Pick<DecisionLog, "openOne">;
    readonly state: Pick<State, "entity">;
    readonly world: { after(milliseconds: number, run: () => void): unknown };
  },
): AsyncGenerator<Read> {
  const read = lineReader({ log: parts.log, knew: (key) => parts.state.entity(key) !== undefined });
  let idle = 0;
  for await (const { number, text } of given.lines) {
    reading.line();
    const one = read(text);
    if (one.kind === "decision") {
      const at = one.recorded.now.latest;
      if (at >= span.since && at <= span.until) {
        yield one;
        continue;
      }
    } else if (one.kind === "unread") yield { ...one, sheets: 1 };
    else if (one.kind === "left-out") reading.left(number, one.reason);
    else reading.whole();
    idle += 1;
    if (idle % IDLE_LINES === 0) await new Promise<void>((resume) => parts.world.after(0, () => resume()));
  }
}
