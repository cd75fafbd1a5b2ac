import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Evaluation {
  readonly request: { readonly subject: { readonly id: string }; readonly [field: string]: unknown };
  readonly expected: boolean;
}

export interface Batch {
  readonly request: Evaluation["request"];
  readonly expected: readonly { readonly decision: boolean }[];
}

/** The requests of the interop and their expected decisions. */
export interface Decisions {
  readonly evaluation: readonly Evaluation[];
  readonly evaluations: readonly Batch[];
}

/** Reads `decisions.json` below a conformance folder. Rejects where it is absent or holds no requests. */
export async function readDecisions(conformance: string): Promise<Decisions> {
  const file = join(conformance, "authzen-todo", "decisions.json");
  const decisions = JSON.parse(await readFile(file, "utf8")) as Decisions;
  if (decisions.evaluation.length === 0 || decisions.evaluations.length === 0)
    throw new Error(`no requests in \`${file}\``);
  return decisions;
}
