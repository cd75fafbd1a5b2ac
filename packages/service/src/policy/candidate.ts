import { formatProblem, type PolicyFile, type Result, type RevisionId, refuse } from "@postern/core";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { type ActivePolicy, compileDocumentInSlices, isOfRevision } from "./active-policy.ts";
import { compileInSlices } from "./compile-in-slices.ts";

/** DANGER: to show the line of each takes time in the length of its file, and this thread decides. */
export const MOST_TOLD = 100;

/** What a simulation or an observation tries out: a published revision, or files that nobody has published. */
export type Candidate = { readonly revision: string } | { readonly files: readonly PolicyFile[] };

export function doesNotCompile(
  problems: readonly Parameters<typeof formatProblem>[0][],
  files: readonly PolicyFile[],
): { readonly ok: false; readonly refusal: Problem } {
  return refuse(
    problem(
      "policy.does_not_compile",
      `${problems.length} problem${problems.length === 1 ? "" : "s"} in these documents; nothing was published`,
      problems.slice(0, MOST_TOLD).map((one) => ({
        pointer: `#/files/${one.file}`,
        detail: formatProblem(one, files),
        ...(one.hint === undefined ? {} : { fix: one.hint }),
      })),
    ),
  );
}

/** The compiled candidate; `id` is null for files. */
export async function compiledCandidate(
  candidate: Candidate,
  parts: {
    readonly world: World;
    readonly store: Pick<Store, "document">;
    readonly state: State;
    readonly active: () => ActivePolicy;
  },
): Promise<Result<ActivePolicy, Problem>> {
  if ("files" in candidate) {
    const compiled = await compileInSlices(candidate.files, parts.world);
    return compiled.ok
      ? { ok: true, value: { id: null, policy: compiled.policy } }
      : doesNotCompile(compiled.problems, candidate.files);
  }
  const id = candidate.revision;
  const active = parts.active();
  if (active.id === id) return { ok: true, value: active };
  const text = parts.state.revision(id) === undefined ? null : await parts.store.document(id);
  if (text === null || !isOfRevision(id as RevisionId, text))
    return refuse(problem("policy.unknown_revision", `there is no revision \`${id.slice(0, 64)}\``));
  return {
    ok: true,
    value: { id: id as RevisionId, policy: await compileDocumentInSlices(text, parts.world) },
  };
}
