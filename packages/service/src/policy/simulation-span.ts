import { type Instant, parseInstant, type Result, refuse } from "@postern/core";
import { type Problem, problem } from "../problem.ts";

export interface Span {
  readonly since: Instant;
  readonly until: Instant;
}

/** How far back it goes where nobody says, in milliseconds. */
export const USUAL_SPAN: number = 24 * 3_600_000;

/** Two instants as they were written; without a beginning it is the `usual` span, or everything where that is null. */
export function spanOf(
  asked: { readonly since?: string; readonly until?: string },
  now: Instant,
  usual: number | null = USUAL_SPAN,
): Result<Span, Problem> {
  const until = asked.until === undefined ? { ok: true as const, value: now } : parseInstant(asked.until);
  if (!until.ok) return refuse(problem("policy.span", `\`until\`: ${until.refusal}`));
  const since =
    asked.since === undefined
      ? { ok: true as const, value: (usual === null ? 0 : Math.max(0, until.value - usual)) as Instant }
      : parseInstant(asked.since);
  if (!since.ok) return refuse(problem("policy.span", `\`since\`: ${since.refusal}`));
  return since.value < until.value
    ? { ok: true, value: { since: since.value, until: until.value } }
    : refuse(problem("policy.span", "expected `since` before `until`"));
}
