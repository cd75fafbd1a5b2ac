import {
  type CompiledPolicy,
  compilePolicy,
  makeId,
  type Policy,
  type PolicyFile,
  type RevisionId,
} from "@postern/core";
import type { World } from "../ports/world.ts";
import { hasher } from "../record/seal-entry.ts";
import { compileInSlices } from "./compile-in-slices.ts";

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

/** Files as they are kept with a revision: canonical JSON, sorted by path. Others are answered in between. */
export async function compileDocumentInSlices(
  text: string,
  world: Pick<World, "monotonic" | "after">,
): Promise<Policy> {
  return policyOrThrow(await compileInSlices(JSON.parse(text) as readonly PolicyFile[], world));
}

function compileOrThrow(files: readonly PolicyFile[]): Policy {
  return policyOrThrow(compilePolicy(files));
}

function policyOrThrow(compiled: CompiledPolicy): Policy {
  if (!compiled.ok)
    throw new Error(
      `a recorded revision no longer compiles: ${compiled.problems[0]?.message ?? "no reason given"}`,
    );
  return compiled.policy;
}
