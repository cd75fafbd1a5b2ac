import { createHash, createPublicKey, verify } from "node:crypto";
import { type Ed25519Verify, treeHasher, verifyExport } from "@postern/ledger";
import { auditLedger, type Caller, type Service } from "@postern/service";
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

const LONGEST_STALE_MS = 20_000;

/**
 * Puts a node that was opened after a crash to the question: it started without doubt or alarm, the audit finds
 * nothing, and an export of its ledger from index `from` verifies without it, grown out of the head that is kept
 * outside. One sentence for each thing that is not so.
 */
export async function unsound(node: OpenNode, admin: Caller, from: number): Promise<readonly string[]> {
  const { service, store, keptHead, alarms } = node;
  const faults = [...alarms];
  const doubt = await standingDoubt(service);
  if (doubt !== null) faults.push(`the reopened node is in doubt: ${doubt.detail}`);
  const { findings } = await auditLedger({ store, masterKey: MASTER_KEY, origin: ORIGIN, keptHead });
  for (const { detail } of findings) faults.push(`the audit says: ${detail}`);
  const kept = await keptHead.read();
  const lines = must(await service.ledger.export(admin, from, null, false));
  const report = await verifyExport(lines, {
    trustedKeys: service.ledger.verifierKeys(),
    ...(kept === null ? {} : { lastKnownCheckpoint: kept }),
    hasher,
    verifySignature,
  });
  for (const { ok, detail } of report.checks) if (!ok) faults.push(`the exported ledger says: ${detail}`);
  return faults;
}

/** A machine that is busy may let the lease run out for a moment; what does not pass is a doubt. */
async function standingDoubt(service: Service): Promise<{ readonly detail: string } | null> {
  const end = performance.now() + LONGEST_STALE_MS;
  while (service.node.doubt()?.reason === "node_stale" && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return service.node.doubt();
}
