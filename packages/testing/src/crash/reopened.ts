import { createHash, createPublicKey, verify } from "node:crypto";
import { type Ed25519Verify, treeHasher, verifyExport } from "@postern/ledger";
import { auditLedger, type Caller } from "@postern/service";
import { must } from "../deployment/deployment.ts";
import { MASTER_KEY, type OpenNode, ORIGIN } from "./ground.ts";

/** The SubjectPublicKeyInfo of an Ed25519 key, up to its 32 bytes (RFC 8410 section 4). */
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

export const verifySignature: Ed25519Verify = (signature, message, publicKey) =>
  verify(
    null,
    message,
    createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" }),
    signature,
  );

const hasher = treeHasher((bytes) => createHash("sha256").update(bytes).digest());

/**
 * Puts a node that was opened after a crash to the question: it started without doubt or alarm, the audit finds
 * nothing, and an export of its whole ledger verifies without it. One sentence for each thing that is not so.
 */
export async function unsound(node: OpenNode, admin: Caller): Promise<readonly string[]> {
  const { service, store, keptHead, alarms } = node;
  const faults = [...alarms];
  const doubt = service.node.doubt();
  if (doubt !== null) faults.push(`the reopened node is in doubt: ${doubt.detail}`);
  const { findings } = await auditLedger({ store, masterKey: MASTER_KEY, origin: ORIGIN, keptHead });
  for (const { detail } of findings) faults.push(`the audit says: ${detail}`);
  const kept = await keptHead.read();
  const lines = must(await service.ledger.export(admin, 0, null, false));
  const report = await verifyExport(lines, {
    trustedKeys: service.ledger.verifierKeys(),
    ...(kept === null ? {} : { lastKnownCheckpoint: kept }),
    hasher,
    verifySignature,
  });
  for (const { ok, detail } of report.checks) if (!ok) faults.push(`the exported ledger says: ${detail}`);
  return faults;
}
