import type { Policy, RevisionId } from "@postern/core";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import type { RecordChange } from "../projection/project.ts";
import type { State } from "../projection/state.ts";
import { type ActivePolicy, compileDocumentInSlices, isOfRevision, noPolicy } from "./active-policy.ts";

/** The compiled revisions that this node decides on, and explains with. */
export interface Revisions {
  active(): ActivePolicy;
  adopt(next: ActivePolicy): void;
  /** Nothing is permitted until it is loaded again. */
  forget(): void;
  /** Compiles what the rows say is in force; nothing is permitted where its text is not there. */
  load(): Promise<ActivePolicy>;
  /** Compiles what changes of another node put in force, and answers how to put it in force at once. */
  prepare(changes: readonly RecordChange[]): Promise<() => void>;
  /** One that a record was made on: few are asked for, and the last one is kept. */
  policyOf(revision: string): Promise<Policy | null>;
}

export function revisionsOf(parts: {
  readonly world: Pick<World, "monotonic" | "after">;
  readonly store: Pick<Store, "document">;
  readonly state: State;
  readonly forgetTypes: () => void;
  readonly alarm: (reason: "row_tampered", detail: string) => void;
}): Revisions {
  const { store, state, alarm } = parts;
  let active: ActivePolicy = noPolicy();
  let explained: ActivePolicy | null = null;
  let replaced: ActivePolicy | null = null;

  function adopt(next: ActivePolicy): void {
    // Compiled already where somebody goes back to it, and whoever asks why about what it answered finds it.
    if (active.id !== null && active.id !== next.id) replaced = active;
    active = next;
    parts.forgetTypes();
  }

  async function compiled(id: RevisionId): Promise<ActivePolicy | null> {
    const text = await store.document(id);
    if (text === null || !isOfRevision(id, text)) return null;
    return replaced?.id === id ? replaced : { id, policy: await compileDocumentInSlices(text, parts.world) };
  }

  return {
    active: () => active,
    adopt,
    forget: () => adopt(noPolicy()),
    async load() {
      const revision = state.activeRevision();
      // The check of the rows has raised the alarm where its text is another.
      active = (revision === undefined ? null : await compiled(revision.id)) ?? noPolicy();
      return active;
    },
    async prepare(changes) {
      let next: ActivePolicy | null = null;
      for (const change of changes) {
        if (change.projection !== "revisions" || !change.record.active || change.id === active.id) continue;
        next = await compiled(change.record.id);
        if (next !== null) continue;
        next = noPolicy();
        alarm(
          "row_tampered",
          `the text of policy revision \`${change.id}\` is not the one that its name is the hash of`,
        );
      }
      return () => {
        if (next !== null) adopt(next);
      };
    },
    async policyOf(revision) {
      if (revision === (active.id ?? "none")) return active.policy;
      if (replaced?.id === revision) return replaced.policy;
      if (explained?.id === revision) return explained.policy;
      const found = await compiled(revision as RevisionId);
      if (found === null) return null;
      explained = found;
      return found.policy;
    },
  };
}
