import { formatInstant } from "@postern/core";
import {
  appendAll,
  asHash,
  canonicalJson,
  emptyRange,
  fromBase64,
  hashEquals,
  keyHistory,
  openCheckpointInHistory,
  opens,
  parseRange,
  root,
} from "@postern/ledger";
import { keyring } from "../keyring/keyring.ts";
import type { KeptHead } from "../ports/kept-head.ts";
import { PROJECTIONS, type Store } from "../ports/store.ts";
import { project } from "../projection/project.ts";
import { rowBody } from "../projection/row.ts";
import { emptyState } from "../projection/state.ts";
import { boxContext, hasher, sha256, splitSealed } from "../record/seal-entry.ts";
import { openBox, randomPool } from "../seal/box.ts";
import { headIsOurs } from "../seal/head-mac.ts";
import { deploymentKeys } from "../seal/master.ts";
import { sealRow, tagMatches } from "../seal/row-tag.ts";
import { keyEpochs, verifyEd25519 } from "./checkpoints.ts";
import { readEntry } from "./replay.ts";
import { rootAt } from "./tree.ts";

/** One thing that is not as it was recorded, and where. */
export interface AuditFinding {
  readonly where: { readonly entry: number } | { readonly row: string } | "head" | "kept head";
  readonly detail: string;
}

const CHUNK = 500;

/**
 * Checks a database against itself, its keys and the head that is kept outside it: every entry's hash, the
 * tree, every row's tag, every row against what the ledger says it should be, and every sealed value against
 * its commitment. Changes nothing. Needs the master key; an export is what people without it verify.
 */
export async function auditLedger(options: {
  readonly store: Store;
  readonly masterKey: Uint8Array;
  readonly origin: string;
  readonly keptHead: KeptHead;
}): Promise<{
  readonly findings: readonly AuditFinding[];
  readonly entries: number;
  readonly rows: number;
  readonly values: number;
}> {
  const { store, origin } = options;
  const secrets = deploymentKeys(options.masterKey);
  const keys = keyring(
    secrets.wrap,
    randomPool((count) => new Uint8Array(count)),
  );
  for await (const chunk of store.keys()) keys.hold(chunk);
  const findings: AuditFinding[] = [];
  const { head } = await store.confirm();
  if (head === null) return { findings, entries: 0, rows: 0, values: 0 };
  if (!headIsOurs(secrets.head, head))
    findings.push({ where: "head", detail: "the head row is not as this deployment wrote it" });

  const expected = emptyState();
  let range = emptyRange;
  let values = 0;
  let lastAt = 0;
  for (let from = 0; from < head.size; from += CHUNK) {
    const to = Math.min(from + CHUNK, head.size);
    const found = await store.entries(from, to);
    const byIndex = new Map(found.map((entry) => [entry.index, entry]));
    for (let index = from; index < to; index++) {
      const entry = byIndex.get(index);
      if (entry === undefined) {
        findings.push({ where: { entry: index }, detail: `entry ${index} is missing` });
        continue;
      }
      range = appendAll(range, [asHash(entry.leaf)], hasher);
      if (entry.body === null) continue;
      const bad = await entryFault(index, entry.body, entry.leaf);
      if (bad !== null) {
        findings.push({ where: { entry: index }, detail: bad });
        continue;
      }
      const { at, event } = readEntry(entry.body);
      if (at < lastAt)
        findings.push({
          where: { entry: index },
          detail: `entry ${index} is dated ${formatInstant(at)}, before the entry ahead of it`,
        });
      lastAt = Math.max(lastAt, at);
      try {
        for (const { projection, id, record } of project(event, at, index, expected, {}))
          expected.apply(projection, id, record, index);
      } catch {
        findings.push({
          where: { entry: index },
          detail: `entry ${index} tells of something that the entries before it do not`,
        });
      }
    }
  }
  if (!hashEquals(root(range, hasher), root(parseRange(head.range), hasher))) {
    findings.push({
      where: "head",
      detail: `the ${head.size} leaf hashes that are stored do not give the root that the head states`,
    });
  }
  const rows = await checkRows();
  await checkKept();
  return { findings, entries: head.size, rows, values };

  async function entryFault(index: number, body: string, leaf: Uint8Array): Promise<string | null> {
    if (!hashEquals(hasher.leaf(Buffer.from(body, "utf8")), asHash(leaf)))
      return `entry ${index} is not the text that its leaf hash was made of`;
    const parsed: unknown = JSON.parse(body);
    if (canonicalJson(parsed) !== body) return `entry ${index} is not canonical`;
    const { sealed } = parsed as { readonly sealed: Readonly<Record<string, string>> };
    if (Object.keys(sealed).length === 0) return null;
    for (const { pointer, key, box } of await store.sealed(index)) {
      const commitment = sealed[pointer.slice("/sealed/".length)];
      const secret = keys.get(key);
      if (secret === null) continue;
      const opened = commitment === undefined ? null : openBox(secret, box, boxContext(commitment));
      if (commitment === undefined || opened === null)
        return `a sealed value of entry ${index} (${pointer}) is not the one that was sealed`;
      const { salt, value } = splitSealed(opened);
      if (!opens(fromBase64(commitment), salt, value, sha256))
        return `a sealed value of entry ${index} (${pointer}) does not match its commitment`;
      values += 1;
    }
    return null;
  }

  /** Each row by its own tag, and the set of rows by what the entries project to. */
  async function checkRows(): Promise<number> {
    let count = 0;
    for (const projection of PROJECTIONS) {
      const seen = new Set<string>();
      for await (const chunk of store.rows(projection)) {
        for (const { id, body, entry, leaf, tag } of chunk) {
          count += 1;
          seen.add(id);
          const row = `${projection}/${id}`;
          if (!tagMatches(sealRow(secrets.row, { projection, id, body, entry, leaf }), tag)) {
            findings.push({
              where: { row },
              detail: `the row \`${row}\` is not as it was recorded by entry ${entry}`,
            });
          } else if (!sameAsProjected(projection, id, body)) {
            findings.push({
              where: { row },
              detail: `the row \`${row}\` is an earlier copy: its latest entry is not ${entry}`,
            });
          }
        }
      }
      for (const id of projectedIds(projection)) {
        if (!seen.has(id))
          findings.push({
            where: { row: `${projection}/${id}` },
            detail: `the row \`${projection}/${id}\` was deleted`,
          });
      }
    }
    return count;
  }

  function sameAsProjected(projection: (typeof PROJECTIONS)[number], id: string, body: string): boolean {
    const record = recordIn(projection, id);
    if (record === undefined) return false;
    // An entity's row also carries its sealed box, which no entry holds.
    if (projection === "entities") {
      const { box: _, ...bare } = JSON.parse(body) as { readonly box: string };
      const { box: __, ...wanted } = record as { readonly box: string };
      return canonicalJson(bare) === canonicalJson(wanted);
    }
    return rowBody(projection, record as never) === body;
  }

  function recordIn(projection: (typeof PROJECTIONS)[number], id: string): unknown {
    switch (projection) {
      case "opt_outs":
        return expected.optOuts.get(id);
      case "locks":
        return expected.lock(id);
      case "sessions":
        return expected.session(id);
      case "entities":
        return expected.entity(id);
      case "tokens":
        return expected.token(id);
      case "revisions":
        return expected.revision(id);
      case "uses":
        return expected.uses(id as never);
      case "reviews":
        return [...expected.reviews()].find((review) => review.id === id);
      case "keys":
        return [...expected.keys()].find((key) => key.id === id);
      default:
        return projection satisfies never;
    }
  }

  function projectedIds(projection: (typeof PROJECTIONS)[number]): readonly string[] {
    switch (projection) {
      case "opt_outs":
        return [...expected.optOuts.all()].map(({ id }) => id);
      case "locks":
        return [...expected.locks()].map(({ id }) => id);
      case "sessions":
        return [...expected.sessions()].map(({ id }) => id);
      case "entities":
        return [...expected.entities()].map(({ ref }) => ref);
      case "tokens":
        return [...expected.tokens()].map(({ id }) => id);
      case "revisions":
        return [...expected.revisions()].map(({ id }) => id);
      case "uses":
        return [...expected.optOuts.all()]
          .filter(({ id }) => expected.uses(id) !== undefined)
          .map(({ id }) => id);
      case "reviews":
        return [...expected.reviews()].map(({ id }) => id);
      case "keys":
        return [...expected.keys()].map(({ id }) => id);
      default:
        return projection satisfies never;
    }
  }

  async function checkKept(): Promise<void> {
    const kept = await options.keptHead.read();
    if (kept === null) {
      findings.push({
        where: "kept head",
        detail: "the signed head that is kept outside the database is missing",
      });
      return;
    }
    try {
      const opened = openCheckpointInHistory(
        kept,
        origin,
        keyHistory(origin, keyEpochs(expected), verifyEd25519),
      );
      const size = Number(opened.size);
      if (head !== null && size > head.size) {
        findings.push({
          where: "kept head",
          detail: `stale: the database has ${head.size} entries, the last signed head has ${size}; it was put back to an earlier state`,
        });
      } else if (!hashEquals(await rootAt(store, size), opened.root)) {
        findings.push({
          where: "kept head",
          detail: `the first ${size} entries are not those of the last signed head`,
        });
      }
    } catch (cause) {
      findings.push({
        where: "kept head",
        detail: `the last signed head cannot be checked: ${cause instanceof Error ? cause.message : "unknown"}`,
      });
    }
  }
}
