import type { KeyObject } from "node:crypto";
import type { RevisionId } from "@postern/core";
import { bytesEqual } from "@postern/ledger";
import type { Keyring } from "../keyring/keyring.ts";
import { isOfRevision } from "../policy/active-policy.ts";
import { type Head, PROJECTIONS, type Projection, type Snapshot } from "../ports/store.ts";
import { statedDigests } from "../record/tip.ts";
import { digest } from "../seal/digest.ts";
import { sealRow, tagMatches } from "../seal/row-tag.ts";
import type { EntriesRead } from "./audit-entries.ts";
import { type AuditFinding, rowsOf, theRow } from "./finding.ts";

/**
 * Each row by its own tag, each entry that a row vouches for, and (where the entries are sound) the set of rows
 * by what the entries tell. Where they are not, the head's account of the set still shows that it was changed.
 */
export async function checkRows(parts: {
  readonly store: Snapshot;
  readonly head: Head;
  readonly rowKey: KeyObject;
  readonly entries: EntriesRead;
  readonly headIsOurs: boolean;
  /** Whether the entries may be believed. */
  readonly sound: boolean;
}): Promise<{
  readonly findings: readonly AuditFinding[];
  /** Entries that a row which is truly ours was not written with. */
  readonly moved: readonly AuditFinding[];
  readonly rows: number;
}> {
  const { store, head, rowKey, entries, sound } = parts;
  const findings: AuditFinding[] = [];
  const moved = new Map<number, AuditFinding>();
  const stated = parts.headIsOurs ? statedDigests(head) : {};
  let rows = 0;
  for (const projection of PROJECTIONS) {
    const before = findings.length;
    const seen = new Set<string>();
    const sum = digest();
    for await (const chunk of store.rows(projection)) {
      for (const row of chunk) {
        rows += 1;
        seen.add(row.id);
        const seal = sealRow(rowKey, { projection, ...row });
        sum.add(seal.element);
        const detail = tagMatches(seal, row.tag) ? setFault(projection, row) : changed(projection, row);
        if (detail !== null) findings.push({ where: { row: `${projection}/${row.id}` }, detail });
      }
    }
    for (const id of entries.expected.ids(projection)) {
      if (seen.has(id)) continue;
      findings.push({
        where: { row: `${projection}/${id}` },
        detail: `${theRow(projection, id)} was deleted from the database; entry ${entries.expected.entryOf(projection, id)} tells of it`,
      });
    }
    if (!sound && findings.length === before && sum.text() !== (stated[projection] ?? "0".repeat(64)))
      findings.push({
        where: { row: projection },
        detail: `the ${rowsOf(projection)} in the database are not the set that the head accounts for: one was deleted, put back or put in`,
      });
  }
  return { findings, moved: [...moved.values()].sort((a, b) => indexOf(a) - indexOf(b)), rows };

  function changed(projection: Projection, { id }: { readonly id: string }): string {
    const entry = entries.expected.entryOf(projection, id);
    return entry === undefined
      ? `${theRow(projection, id)} was put into the database: no entry tells of it`
      : `${theRow(projection, id)} was changed in the database after entry ${entry} recorded it`;
  }

  /** What is wrong with a row that is truly ours. */
  function setFault(
    projection: Projection,
    {
      id,
      body,
      entry,
      leaf,
    }: { readonly id: string; readonly body: string; readonly entry: number; readonly leaf: Uint8Array },
  ): string | null {
    const stored = entries.leaf(entry);
    if (stored !== null && !bytesEqual(stored, leaf)) {
      moved.set(entry, {
        where: { entry },
        detail: `entry ${entry} is not the one that was recorded there: ${theRow(projection, id)} was written with another`,
      });
      return null;
    }
    if (!sound) return null;
    const latest = entries.expected.entryOf(projection, id);
    if (latest === undefined)
      return `${theRow(projection, id)} was put into the database: no entry tells of it`;
    if (latest > entry)
      return `${theRow(projection, id)} was put back to how it stood at entry ${entry}; entry ${latest} changed it since`;
    return entries.expected.agrees(projection, id, body)
      ? null
      : `${theRow(projection, id)} is not what entry ${latest} made it`;
  }
}

/** The text of each revision, which is named by its own hash. */
export async function checkRevisions(
  store: Snapshot,
  entries: EntriesRead,
): Promise<readonly AuditFinding[]> {
  const findings: AuditFinding[] = [];
  for (const id of entries.expected.ids("revisions")) {
    const text = await store.document(id);
    if (text !== null && isOfRevision(id as RevisionId, text)) continue;
    const what = text === null ? "was deleted" : "was changed: its name is the hash of another text";
    findings.push({ where: { revision: id }, detail: `the text of policy revision \`${id}\` ${what}` });
  }
  return findings;
}

/** Keys that are there and do not open, and keys of what still exists that are not there. */
export function checkKeys(keys: Keyring, entries: EntriesRead): readonly AuditFinding[] {
  const findings: AuditFinding[] = [];
  for (const id of keys.all()) {
    if (keys.raw(id) === null)
      findings.push({
        where: { key: id },
        detail: `the key \`${id}\` in the keyring was changed: it does not open, and what it sealed cannot be read`,
      });
  }
  for (const ref of entries.expected.ids("entities")) {
    if (entries.expected.record("entities", ref)?.deletedAt === null && !keys.has(ref))
      findings.push({
        where: { key: ref },
        detail: `the key \`${ref}\` is missing from the keyring, and no entry tells of its erasure`,
      });
  }
  for (const id of entries.expected.ids("keys")) {
    if (!keys.has(id))
      findings.push({
        where: { key: id },
        detail: `the key \`${id}\` is missing from the keyring, and no entry tells of its end`,
      });
  }
  return findings;
}

export function indexOf({ where }: AuditFinding): number {
  return typeof where === "object" && "entry" in where ? where.entry : -1;
}
