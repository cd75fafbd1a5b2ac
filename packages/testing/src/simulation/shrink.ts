import type { Opening } from "./opening.ts";
import { type Failure, type Run, run } from "./run.ts";
import type { Step } from "./steps.ts";

export interface Shrunk {
  readonly steps: readonly Step[];
  readonly run: Run;
  readonly tries: number;
}

/** Takes steps out as long as the same rule still breaks: first many at a time, then one by one. */
export async function shrink(
  opening: Opening,
  failed: Run,
  all: readonly Step[],
  mostTries: number,
): Promise<Shrunk> {
  const { failure } = failed;
  let steps = all.slice(0, (failure?.step ?? all.length) + 1);
  let best = failed;
  let tries = 0;
  for (let size = Math.ceil(steps.length / 2); size >= 1 && tries < mostTries; ) {
    let removed = false;
    for (let from = 0; from < steps.length && tries < mostTries; ) {
      const rest = [...steps.slice(0, from), ...steps.slice(from + size)];
      tries += 1;
      const tried = await run(opening, failed.seed, rest);
      if (failure !== null && tried.failure !== null && sameRule(tried.failure, failure)) {
        best = tried;
        steps = rest.slice(0, (tried.failure?.step ?? rest.length) + 1);
        removed = true;
      } else from += size;
    }
    if (size === 1 && !removed) break;
    size = removed ? Math.min(size, Math.ceil(steps.length / 2)) : Math.floor(size / 2);
    if (size < 1) break;
  }
  return { steps, run: best, tries };
}

/** What breaks no rule is whatever went wrong by itself: only its words tell one such thing from another. */
export function sameRule(one: Pick<Failure, "invariant" | "detail">, other: typeof one): boolean {
  if (one.invariant !== other.invariant) return false;
  return one.invariant !== "unexpected" || firstLine(one.detail) === firstLine(other.detail);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
