export { entryBundle, longestInBundle, parseEntryBundle } from "./bundle.ts";
export { canonicalJson, type Json, parseCanonical, valueAt } from "./canonical.ts";
export {
  type Checkpoint,
  type CheckpointInput,
  formatCheckpoint,
  type OpenedCheckpoint,
  openCheckpoint,
  parseCheckpoint,
} from "./checkpoint.ts";
export { commit, opens } from "./commitment.ts";
export { type Cosignature, cosignaturesOf, withCosignatures } from "./cosignature.ts";
export { bytesEqual, concatBytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./encoding.ts";
export { LedgerError, type LedgerErrorCode } from "./error.ts";
export {
  type EarlierCheckpoint,
  type ExportCheckpoint,
  type ExportDropped,
  type ExportEnd,
  type ExportEntry,
  type ExportHeader,
  type ExportItem,
  type ExportLine,
  exportFormat,
  formatExportLine,
  type Reveal,
  writeExport,
} from "./export.ts";
export { exportLines, keyEpochOf, maxLineLength, parseExportLine, readExport } from "./export-read.ts";
export {
  type ForkEvidence,
  type ForkReport,
  forkEvidence,
  forkFormat,
  formatFork,
  parseFork,
  provesFork,
  verifyFork,
} from "./fork.ts";
export {
  asHash,
  emptyRoot,
  type Hash,
  hashEquals,
  hashFromBase64,
  hashFromHex,
  hashLength,
  hashToBase64,
  leafHash,
  nodeHash,
  pureHasher,
  type Sha256,
  type TreeHasher,
  treeHasher,
} from "./hash.ts";
export {
  cosigner,
  type Ed25519Verify,
  ed25519Signer,
  formatVkey,
  type KeyAlgorithm,
  type NoteKey,
  noteKey,
  parseVkey,
  type Signer,
  type Verifier,
  verifier,
  verifierOf,
} from "./key.ts";
export {
  epochAt,
  type KeyEpoch,
  keyHistory,
  keyRotationText,
  openCheckpointInHistory,
  type TrustedEpoch,
} from "./key-epoch.ts";
export {
  addSignatures,
  formatSignatureLine,
  type OpenedNote,
  openNote,
  type ParsedNote,
  parseNote,
  signatureLines,
  signNote,
  type VerifiedSignature,
} from "./note.ts";
export {
  type ConsistencyClaim,
  consistencyRoots,
  type InclusionClaim,
  isWholeNode,
  verifyConsistency,
  verifyInclusion,
} from "./proof.ts";
export { formatReceipt, parseReceipt, type Receipt, type ReceiptInput, verifyReceipt } from "./proof-file.ts";
export {
  buildProof,
  buildProofAsync,
  consistencyNodes,
  consistencyProof,
  inclusionNodes,
  inclusionProof,
  type NodeCoordinate,
  nodesOfLeaves,
  type ProofPlan,
  tilingNodes,
} from "./proof-plan.ts";
export { parseSize, type SizeInput, toLogSize, toSize } from "./size.ts";
export {
  bundlePath,
  hashTile,
  parseBundlePath,
  parseHashTile,
  parseTilePath,
  type Tile,
  tileOfNode,
  tilePath,
  tileRoot,
  tileWidth,
  widthAt,
} from "./tile.ts";
export {
  consistencyPathOfTiles,
  type FetchTile,
  inclusionOfTiles,
  nodesOfTiles,
  rootOfTiles,
  tilesOf,
} from "./tile-read.ts";
export {
  append,
  appendAll,
  type CompactRange,
  compactRange,
  emptyRange,
  foldNodes,
  type OnSubtree,
  parseRange,
  rangeWidth,
  root,
  serializeRange,
} from "./tree.ts";
export { verifyExport } from "./verify.ts";
export type { Check, CheckName, ExportReport, Failure, FailureReason } from "./verify-report.ts";
export type { ExportTrust } from "./verify-trust.ts";
export {
  type AddCheckpoint,
  formatAddCheckpoint,
  judgeCheckpoint,
  longestAddCheckpoint,
  parseAddCheckpoint,
  type WitnessedHead,
  type WitnessVerdict,
} from "./witness.ts";
