import { type DecisionId, type Instant, makeId, milliseconds, plus, timeOrdered } from "@postern/core";
import type { Store } from "../ports/store.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { Recorded } from "./recorded.ts";
import { decisionsOn } from "./sheet.ts";

/** One recorded decision, or how many could not be read and why. */
export type Read =
  | { readonly kind: "decision"; readonly recorded: Recorded & { readonly id: DecisionId } }
  | { readonly kind: "unread"; readonly reason: "key_gone"; readonly sheets: number };

const SHEETS_AT_ONCE = 32;
/** What one sheet holds was made within moments of its first decision. */
const SHEET_SPAN = milliseconds(60_000);

/** The decision log between two instants, newest sheet first. Bounded in memory: a few sheets at a time. */
export async function* fromLog(
  parts: { readonly store: Pick<Store, "sheets">; readonly log: DecisionLog },
  span: { readonly since: Instant; readonly until: Instant },
): AsyncGenerator<Read> {
  const { store, log } = parts;
  await log.flush();
  const from = makeId(
    "dec",
    timeOrdered((span.since - SHEET_SPAN > 0 ? span.since - SHEET_SPAN : 0) as Instant),
  );
  const next = (before: string) => store.sheets({ from, before, limit: SHEETS_AT_ONCE });
  let reading = next(makeId("dec", timeOrdered(plus(span.until, milliseconds(1)))));
  for (;;) {
    const sheets = await reading;
    const last = sheets.at(-1);
    const more = last !== undefined && sheets.length === SHEETS_AT_ONCE;
    // Read while this page is decided; an answer that is left is of no one's concern.
    if (more) {
      reading = next(last.id);
      reading.catch(() => undefined);
    }
    for (const sealed of sheets) {
      const sheet = log.open(sealed);
      if (sheet === null) {
        yield { kind: "unread", reason: "key_gone", sheets: 1 };
        continue;
      }
      for (const recorded of decisionsOn(sheet)) {
        const at = recorded.now.latest;
        if (at >= span.since && at <= span.until) yield { kind: "decision", recorded };
      }
    }
    if (!more) return;
  }
}
