import { compilePolicy, makeId, type Policy, type PolicyFile, type RevisionId } from "@postern/core";
import { hasher } from "../record/seal-entry.ts";

/** The revision in force, compiled. Every decision takes it once and uses it throughout. */
export interface ActivePolicy {
  readonly id: RevisionId | null;
  readonly policy: Policy;
}

/** Before any revision is active nothing is governed, so everything is refused. */
export function noPolicy(): ActivePolicy {
  return { id: null, policy: compileOrThrow([]) };
}

/** A revision is named by the hash of its text. */
export function isOfRevision(id: RevisionId, text: string): boolean {
  return makeId("pol", hasher.sha256(Buffer.from(text, "utf8"))) === id;
}

/** Files as they are kept with a revision: canonical JSON, sorted by path. */
export function compileDocument(text: string): Policy {
  return compileOrThrow(JSON.parse(text) as readonly PolicyFile[]);
}

function compileOrThrow(files: readonly PolicyFile[]): Policy {
  const compiled = compilePolicy(files);
  if (!compiled.ok)
    throw new Error(
      `a recorded revision no longer compiles: ${compiled.problems[0]?.message ?? "no reason given"}`,
    );
  return compiled.policy;
}
