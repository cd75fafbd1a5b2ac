import type { Keyring } from "../keyring/keyring.ts";
import { auditFrom } from "../ledger/audit.ts";
import type { Checkpoints } from "../ledger/checkpoints.ts";
import { checkNewest } from "../ledger/recheck.ts";
import { rangeAt } from "../ledger/tree.ts";
import { isOfRevision } from "../policy/active-policy.ts";
import type { KeptHead } from "../ports/kept-head.ts";
import type { Head, Snapshot } from "../ports/store.ts";
import { forgetBearers, loadProjections, restateFromEntries } from "../projection/load.ts";
import type { MutableState } from "../projection/state.ts";
import type { Tip } from "../record/tip.ts";
import { headIsOurs } from "../seal/head-mac.ts";
import type { DeploymentKeys } from "../seal/master.ts";

/** The ledger that was here is gone, and a new one is not begun in its place. */
export class LedgerLostError extends Error {
  override readonly name: string = "LedgerLostError";
}

export interface StartParts {
  readonly store: Snapshot;
  readonly head: Head;
  readonly keys: Keyring;
  readonly secrets: DeploymentKeys;
  readonly state: MutableState;
  readonly tip: Tip;
  readonly origin: string;
  readonly keptHead: KeptHead;
  readonly signer: Checkpoints;
  /** The database is a backup: that it is behind what was signed is known, and what follows from it is done next. */
  readonly restored: boolean;
  readonly alarm: (reason: "row_tampered" | "database_stale", detail: string) => void;
}

/**
 * Loads the rows and recomputes everything that hangs on the head; what does not check leaves the full controls
 * in force. Then the whole ledger is read back to say where, and what its entries tell takes the place of what
 * was tampered with.
 */
export async function checkAtStart(parts: StartParts): Promise<void> {
  const { store, head, keys, secrets, state, origin, keptHead, signer, alarm, tip } = parts;
  const wrong = await quickly(parts);
  const kept = parts.restored ? null : await signer.compareKept();
  if (wrong.length === 0 && kept === null) return;

  let named = 0;
  try {
    const audit = await auditFrom({ store, head, keys, secrets, origin, keptHead });
    const rows = new Set<string>();
    for (const { where, detail } of audit.findings) {
      named += 1;
      alarm(where === "kept head" ? "database_stale" : "row_tampered", detail);
      if (typeof where !== "object" || !("row" in where)) continue;
      rows.add(where.row);
      state.markTampered(where.row, detail);
    }
    const { expected, leaf } = audit.entries;
    if (rows.size > 0 && audit.sound)
      restateFromEntries({ state, tip, rowKey: secrets.row, expected, leaf, inQuestion: rows });
    else forgetBearers(state, rows);
    const olderThanKept = audit.findings.some(({ where }) => where === "kept head");
    // A database that was put back may have forgotten the end of a session: whoever signs in anew has one that counts.
    if (olderThanKept) state.discountSessions();
  } catch (cause) {
    state.discountSessions();
    alarm("row_tampered", `the ledger cannot be read back: ${told(cause)}`);
  }
  if (named > 0) return;
  for (const detail of wrong) alarm("row_tampered", detail);
  if (kept !== null) alarm("database_stale", kept);
}

async function quickly({ store, head, keys, secrets, state, tip }: StartParts): Promise<readonly string[]> {
  const wrong = [...(await loadProjections(store, head, secrets, state, tip))];
  if (!headIsOurs(secrets.head, head))
    wrong.unshift("the head row was changed: it is not as this deployment wrote it");
  const entries = await checkNewest(store, tip.range, (size) => rangeAt(store, size)).catch(
    (cause: unknown) => `the ledger is not complete: ${told(cause)}`,
  );
  if (entries !== null) wrong.push(entries);
  for (const id of keys.names()) {
    if (keys.raw(id) === null) wrong.push(`the key \`${id}\` in the keyring was changed: it does not open`);
  }
  const revision = state.activeRevision();
  if (revision !== undefined && !isOfRevision(revision.id, (await store.document(revision.id)) ?? ""))
    wrong.push(`the text of policy revision \`${revision.id}\` is not the one that its name is the hash of`);
  return wrong;
}

/** A database that lost its ledger must not begin another under the same name. */
export async function refuseOverLost(store: Snapshot, keptHead: KeptHead): Promise<void> {
  if ((await store.entries(0, 1)).length > 0)
    throw new LedgerLostError(
      "the database has entries but no head row; put the database back from its newest backup",
    );
  if ((await keptHead.read()) !== null)
    throw new LedgerLostError(
      "the database has no ledger, but the signed head of one is kept outside it; put the database back, or move the kept head away to begin a new ledger",
    );
}

export function told(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown";
}
