import {
  hashEquals,
  keyHistory,
  openCheckpointInHistory,
  parseCheckpoint,
  parseNote,
  parseRange,
  root,
} from "@postern/ledger";
import { type Keyring, keyring } from "../keyring/keyring.ts";
import type { KeptHead } from "../ports/kept-head.ts";
import type { Head, Snapshot } from "../ports/store.ts";
import { hasher } from "../record/seal-entry.ts";
import { randomPool } from "../seal/box.ts";
import { headIsOurs } from "../seal/head-mac.ts";
import { type DeploymentKeys, deploymentKeys } from "../seal/master.ts";
import { type EntriesRead, readEntries } from "./audit-entries.ts";
import { checkKeys, checkRevisions, checkRows, indexOf } from "./audit-rows.ts";
import { keyEpochs } from "./checkpoints.ts";
import type { AuditFinding } from "./finding.ts";
import { noteSigner, signingKey, verifyEd25519 } from "./signing.ts";

export type { AuditFinding } from "./finding.ts";

/**
 * Checks a database against itself, its keys and the head that is kept outside it: every entry's text and
 * hash, the heads that were signed on the way, every row's tag, every row against what the entries tell, every
 * sealed value against its commitment, every policy text and every key. Changes nothing. Needs the master key;
 * an export is what people without it verify.
 */
export async function auditLedger(options: {
  readonly store: Snapshot;
  readonly masterKey: Uint8Array;
  readonly origin: string;
  readonly keptHead: KeptHead;
}): Promise<{
  readonly findings: readonly AuditFinding[];
  readonly entries: number;
  readonly rows: number;
  readonly values: number;
}> {
  const secrets = deploymentKeys(options.masterKey);
  const keys = keyring(
    secrets.wrap,
    randomPool((count) => new Uint8Array(count)),
  );
  for await (const chunk of options.store.keys()) keys.hold(chunk);
  const { head } = await options.store.confirm();
  if (head !== null) {
    const { findings, entries, rows } = await auditFrom({ ...options, head, keys, secrets });
    return { findings, rows, entries: entries.read, values: entries.values };
  }
  const findings: AuditFinding[] = [];
  const [left] = await options.store.entries(0, 1);
  if (left !== undefined)
    findings.push({
      where: "head",
      detail: "the head row was deleted; the entries that it accounted for are there",
    });
  else if ((await options.keptHead.read()) !== null)
    findings.push({
      where: "kept head",
      detail:
        "the database has no ledger, and a signed head of one is kept outside it: it was emptied or put back to its beginning",
    });
  return { findings, entries: 0, rows: 0, values: 0 };
}

/** The same with keys at hand, and with what the entries tell of the rows. */
export async function auditFrom(parts: {
  readonly store: Snapshot;
  readonly head: Head;
  readonly keys: Keyring;
  readonly secrets: DeploymentKeys;
  readonly origin: string;
  readonly keptHead: KeptHead;
}): Promise<{
  readonly findings: readonly AuditFinding[];
  readonly entries: EntriesRead;
  readonly rows: number;
  /** Whether what the entries tell may be believed. */
  readonly sound: boolean;
}> {
  const { store, head, keys, secrets, origin } = parts;
  const findings: AuditFinding[] = [];
  const ours = headIsOurs(secrets.head, head);
  if (!ours)
    findings.push({
      where: "head",
      detail: "the head row was changed: it is not as this deployment wrote it",
    });
  const kept = await parts.keptHead.read();
  const keptSize = sizeOf(kept);
  // A head row that was changed does not say how many entries there are; the one kept outside does.
  const size = ours ? head.size : (keptSize ?? head.size);
  const entries = await readEntries(size, { store, keys, origin, alsoAt: keptSize });
  const agrees = rootAgrees(head, entries);
  const stale = keptFault();
  // Where the head row was changed, the head that is kept outside may still vouch for every entry.
  const vouchedFor = (ours && agrees) || (stale === null && keptSize === entries.read && signedByOurKeys());
  const sound = vouchedFor && entries.findings.length === 0;
  const checked = await checkRows({ store, head, headIsOurs: ours, rowKey: secrets.row, entries, sound });
  const moved = new Set(checked.moved.map(indexOf));
  const others = entries.findings.filter((finding) => !moved.has(indexOf(finding)));
  findings.push(...checked.moved, ...others.filter(isExact), ...others.filter((one) => !isExact(one)));
  if (vouchedFor) findings.push(...entries.sealedFindings);
  else if (ours && entries.read === size)
    findings.push({
      where: "head",
      detail: `the ${size} entries that are stored are not those that the head accounts for`,
    });
  findings.push(...checked.findings, ...(await checkRevisions(store, entries)), ...checkKeys(keys, entries));
  if (stale !== null) findings.push({ where: "kept head", detail: stale });
  return { findings, entries, rows: checked.rows, sound };

  /** Entries that are not vouched for by our head could name any key: only those in our keyring count. */
  function signedByOurKeys(): boolean {
    return keyEpochs(entries.expected.state).every(({ epoch, vkey }) => {
      const seed = keys.raw(`checkpoint/${epoch}`);
      return seed !== null && noteSigner(origin, signingKey(seed)).vkey === vkey;
    });
  }

  function keptFault(): string | null {
    if (kept === null) return "the signed head that is kept outside the database is missing";
    if (keptSize === null) return "the signed head that is kept outside the database cannot be read";
    if (keptSize > entries.read && keptSize > size)
      return `the database was put back to an earlier state: it has ${size} entries, and a head of ${keptSize} was signed`;
    const found = entries.rootAt(keptSize);
    if (found === null)
      return `the first ${keptSize} entries cannot be compared with the head that was last signed: some are missing`;
    try {
      const history = keyHistory(origin, keyEpochs(entries.expected.state), verifyEd25519);
      if (hashEquals(found, openCheckpointInHistory(kept, origin, history).root)) return null;
    } catch {
      return "the signed head that is kept outside the database is not signed by a key that the ledger tells of";
    }
    return `the first ${keptSize} entries are not those of the head that was last signed: the ledger was rewritten`;
  }
}

function isExact({ where }: AuditFinding): boolean {
  return typeof where !== "object" || !("through" in where);
}

function sizeOf(note: string | null): number | null {
  try {
    return note === null ? null : Number(parseCheckpoint(parseNote(note).text).size);
  } catch {
    return null;
  }
}

function rootAgrees(head: Head, { range }: EntriesRead): boolean {
  try {
    const stated = parseRange(head.range);
    return stated.size === head.size && hashEquals(root(range, hasher), root(stated, hasher));
  } catch {
    return false;
  }
}
