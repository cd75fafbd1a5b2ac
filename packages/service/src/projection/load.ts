import type { KeyObject } from "node:crypto";
import { type Head, PROJECTIONS, type Projection, type Snapshot } from "../ports/store.ts";
import { statedDigests, type Tip } from "../record/tip.ts";
import { sealRow, tagMatches } from "../seal/row-tag.ts";
import type { Expected } from "./expected.ts";
import { repeated } from "./repeated.ts";
import { recordOf, rowBody } from "./row.ts";
import type { MutableState } from "./state.ts";

/**
 * Reads every hot row, checks its tag, and recomputes each projection's digest. A row that does not check is
 * left out; a digest that does not match means that a row was deleted, put back or put in. Answers what is wrong
 * in words for an operator.
 */
export async function loadProjections(
  store: Snapshot,
  head: Head,
  keys: { readonly row: KeyObject },
  state: MutableState,
  tip: Tip,
): Promise<readonly string[]> {
  const findings: string[] = [];
  const held = repeated();
  for (const projection of PROJECTIONS) {
    for await (const rows of store.rows(projection)) {
      for (const { id, body, entry, leaf, tag } of rows) {
        const seal = sealRow(keys.row, { projection, id, body, entry, leaf });
        if (!tagMatches(seal, tag) || entry >= head.size) {
          const detail = `the row \`${id}\` of \`${projection}\` is not as it was recorded by entry ${entry}`;
          findings.push(detail);
          state.markTampered(`${projection}/${id}`, detail);
          continue;
        }
        tip.loaded(projection, id, seal.element);
        state.apply(projection, id, held(projection, id, recordOf(projection, body)), entry);
      }
    }
  }
  const found = tip.found();
  const stated = statedDigests(head);
  for (const projection of PROJECTIONS) {
    if (found[projection] !== (stated[projection] ?? "0".repeat(64)))
      findings.push(
        `the rows of \`${projection}\` are not the set that the head accounts for: one was deleted, put back, changed or put in`,
      );
  }
  return findings;
}

/** What these hold stands in their rows alone. */
const BOXED: readonly Projection[] = ["entities", "factors"];

/**
 * After rows were tampered with: what the entries tell takes the place of what was loaded, so that a session or
 * a token whose end was undone stays ended. What an entity or a factor holds stands in its row alone: where that
 * row is in question, nothing is known of it.
 */
export function restateFromEntries(parts: {
  readonly state: MutableState;
  readonly tip: Tip;
  readonly rowKey: KeyObject;
  readonly expected: Expected;
  readonly leaf: (entry: number) => Uint8Array | null;
  readonly inQuestion: ReadonlySet<string>;
}): void {
  const { state, tip, expected, inQuestion } = parts;
  for (const projection of PROJECTIONS) {
    if (BOXED.includes(projection)) continue;
    for (const id of state.ids(projection)) {
      if (expected.record(projection, id) !== undefined) continue;
      state.apply(projection, id, null, 0);
      tip.restate(projection, id, null);
    }
    for (const id of expected.ids(projection)) {
      const record = expected.record(projection, id);
      const entry = expected.entryOf(projection, id);
      if (record === undefined || entry === undefined) continue;
      state.apply(projection, id, record, entry);
      const leaf = parts.leaf(entry);
      if (leaf === null) continue;
      const row = { projection, id, body: rowBody(projection, record), entry, leaf };
      tip.restate(projection, id, sealRow(parts.rowKey, row).element);
    }
  }
  for (const projection of BOXED) {
    for (const id of state.ids(projection))
      if (inQuestion.has(`${projection}/${id}`) || (projection === "factors" && inQuestion.has(projection)))
        state.apply(projection, id, null, 0);
  }
}

/** Where the entries cannot be believed either: no session, token, factor or role is, whose rows are not the set they should be. */
export function forgetBearers(state: MutableState, inQuestion: ReadonlySet<string>): void {
  for (const projection of ["sessions", "tokens", "factors", "roles"] as const) {
    if ([...inQuestion].some((row) => row === projection || row.startsWith(`${projection}/`)))
      forget(state, projection);
  }
}

function forget(state: MutableState, projection: "sessions" | "tokens" | "factors" | "roles"): void {
  for (const id of state.ids(projection)) state.apply(projection, id, null, 0);
}
