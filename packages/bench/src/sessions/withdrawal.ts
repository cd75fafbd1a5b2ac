import { startScript } from "../load.ts";
import type { Row } from "../row.ts";

/** What `scripts/bench-withdrawal.ts` tells of one round; null: the proxy is not installed. */
interface Withdrawn {
  readonly missing: string | null;
  readonly before: number;
  readonly honoured: number;
  readonly acceptedAfter: number;
  readonly refusedAfter: number;
  readonly twin: number;
  readonly lastAcceptedMs: number;
}

const SCRIPT = new URL("../../../../scripts/bench-withdrawal.ts", import.meta.url);

/** An opt-out from session time-out, withdrawn under load through a real proxy: no answer that was kept outlives it. */
export function withdrawalRows(): readonly Row[] {
  return ["nginx", "caddy"].map(
    (proxy): Row => ({
      name: `an opt-out from session time-out withdrawn under load through ${proxy}, 32 connections`,
      target: "none of the requests begun after the acknowledgement is let through",
      rounds: 3,
      worst: ["begun afterwards and let through"],
      async round() {
        const { target, stop } = await startScript<Withdrawn>(SCRIPT, [proxy], {});
        await stop();
        if (target.missing !== null) throw new Error(target.missing);
        return {
          "let through before": target.before,
          "honours recorded": target.honoured,
          "begun afterwards and let through": target.acceptedAfter,
          "begun afterwards and refused": target.refusedAfter,
          "last begun and let through, ms before the acknowledgement": target.lastAcceptedMs,
          "a new sign-in let through": target.twin,
        };
      },
      met: (medians) =>
        medians["begun afterwards and let through"] === 0 &&
        (medians["let through before"] ?? 0) > 0 &&
        (medians["begun afterwards and refused"] ?? 0) > 0 &&
        medians["a new sign-in let through"] === 1,
    }),
  );
}
