export { actorOf, type Caller, mayUse, type OperatorCaller, personOf } from "./caller.ts";
export type * from "./coverage/coverage-views.ts";
export { createService, type ServiceOptions } from "./create-service.ts";
export { LONGEST_LINE } from "./decisions/exported.ts";
export type { Authenticators } from "./factors/factor-parts.ts";
export type { OpenidKey } from "./keyring/openid-key.ts";
export { keyringOpens } from "./keyring/opens.ts";
export type { SigningKeyName } from "./keyring/rotation.ts";
export { type AuditFinding, auditLedger } from "./ledger/audit.ts";
export type * from "./marks/mark-views.ts";
export { MasterKeyError } from "./node/load.ts";
export { LedgerLostError } from "./node/start-check.ts";
export type { NoticeOptions } from "./notices/notices.ts";
export type { FormHolder, ParkedForm, ParkedForms, ParkedFormView } from "./parked-forms/parked-forms.ts";
export type * from "./policy/simulation-views.ts";
export type { AddressCodes } from "./ports/address-code.ts";
export type * from "./ports/artifacts.ts";
export type * from "./ports/client-data.ts";
export type * from "./ports/device-proof.ts";
export {
  type KeptEnd,
  type KeptEnds,
  KeptEndsError,
  type KeptPolicy,
  type ReadEnds,
} from "./ports/kept-ends.ts";
export type { KeptHead } from "./ports/kept-head.ts";
export type {
  AccountMessage,
  NoticeChannel,
  NoticeMessage,
  OptOutMessage,
  Recipient,
  Sent,
} from "./ports/notice-channel.ts";
export type { OneTimeCodes, RecoveryCodes } from "./ports/one-time-code.ts";
export type * from "./ports/passkey.ts";
export type { PasswordHash, PasswordWeakness } from "./ports/password-hash.ts";
export * from "./ports/store.ts";
export type * from "./ports/upstream.ts";
export type { Witness, WitnessAnswer, WitnessStatus } from "./ports/witness.ts";
export * from "./ports/world.ts";
export { type Problem, type ProblemCode, problem } from "./problem.ts";
export type * from "./risk/report-views.ts";
export type * from "./service.ts";
export type { OutboundEvent } from "./streams/outbound.ts";
export type { StoredStream } from "./streams/registry.ts";
export type {
  PushOutcome,
  StreamCounts,
  StreamService,
  StreamStanding,
  StreamView,
} from "./streams/stream-service.ts";
export { TOKEN_SCOPES } from "./tokens/tokens.ts";
export type * from "./views.ts";
