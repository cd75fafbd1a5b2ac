import type { KeyObject } from "node:crypto";
import { type Head, PROJECTIONS, type Store } from "../ports/store.ts";
import type { Tip } from "../record/tip.ts";
import { sealRow, tagMatches } from "../seal/row-tag.ts";
import { recordOf } from "./row.ts";
import type { MutableState } from "./state.ts";

/** What loading found wrong, in words for an operator. */
export interface LoadFinding {
  readonly row: string | null;
  readonly detail: string;
}

/**
 * Reads every hot row, checks its tag, and recomputes each projection's digest. A row that does not check is
 * left out and named; a digest that does not match means that a row was deleted, restored or put in.
 */
export async function loadProjections(
  store: Store,
  head: Head,
  keys: { readonly row: KeyObject },
  state: MutableState,
  tip: Tip,
): Promise<readonly LoadFinding[]> {
  const findings: LoadFinding[] = [];
  for (const projection of PROJECTIONS) {
    for await (const rows of store.rows(projection)) {
      for (const { id, body, entry, leaf, tag } of rows) {
        const seal = sealRow(keys.row, { projection, id, body, entry, leaf });
        if (!tagMatches(seal, tag) || entry >= head.size) {
          const detail = `the row \`${id}\` of \`${projection}\` is not as it was recorded by entry ${entry}`;
          findings.push({ row: `${projection}/${id}`, detail });
          state.markTampered(`${projection}/${id}`, detail);
          continue;
        }
        tip.loaded(projection, id, seal.element);
        state.apply(projection, id, recordOf(projection, body), entry);
      }
    }
  }
  const found = tip.digests();
  const recorded = JSON.parse(head.digests) as Readonly<Record<string, string>>;
  for (const projection of PROJECTIONS) {
    if (found[projection] !== (recorded[projection] ?? "0".repeat(64))) {
      findings.push({
        row: null,
        detail: `the rows of \`${projection}\` are not the set that the head authenticates: one was deleted, restored, changed or put in`,
      });
    }
  }
  return findings;
}
