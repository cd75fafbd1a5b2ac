import { type Duration, milliseconds } from "../../vocabulary/duration.ts";
import { formatInstant, type Instant, plus } from "../../vocabulary/instant.ts";
import { type CompileContext, type Lowered, report } from "../compile/context.ts";
import type { Offer, Protection } from "../revision.ts";

/** Longer than this nobody watches. */
const LONGEST_OBSERVED: Duration = milliseconds(90 * 24 * 3_600_000);

type Observable = Lowered<{ readonly mode: string; readonly observeUntil?: string }, Protection | Offer>;

/** Observing has an end. `at`, the present, is known where somebody publishes; what was published stays what it is. */
export function lintMode(
  documents: readonly Observable[],
  at: Instant | null,
  { problems }: CompileContext,
): void {
  for (const { document, places, compiled } of documents) {
    const { kind, mode, observeUntil: until } = compiled;
    const place = until === null ? places.of(document, "mode") : places.of(document, "observeUntil");
    if (mode === "enforce") {
      if (until === null) continue;
      const hint = "leave `observeUntil` out, or say `mode: observe`";
      report(
        problems,
        "error",
        "observe_until_enforced",
        "expected `observeUntil` only where something is observed",
        place,
        hint,
      );
    } else if (until === null) {
      if (kind === "Offer") continue;
      const hint = "say `observeUntil`, at most 90 days ahead; then it comes into force by itself";
      report(
        problems,
        "warning",
        "observe_without_end",
        `\`mode: ${mode}\` without an end, so that nothing ever enforces this`,
        place,
        hint,
      );
    } else if (at !== null && until > plus(at, LONGEST_OBSERVED)) {
      const message = `expected an end within 90 days, by ${formatInstant(plus(at, LONGEST_OBSERVED)).slice(0, 10)}, got \`${document.observeUntil}\``;
      report(problems, "error", "observe_too_long", message, place);
    } else if (at !== null && until <= at) {
      const message =
        kind === "Protection"
          ? "observing has ended, so this is in force"
          : "observing has ended, and this Offer still waives nothing";
      report(
        problems,
        "warning",
        "observe_over",
        message,
        place,
        kind === "Protection" ? "say `mode: enforce`" : "enforce it, or take it away",
      );
    }
  }
}
