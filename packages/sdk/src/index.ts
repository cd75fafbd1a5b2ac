export type {
  AccessRequestOptions,
  AccessRequests,
  AccessTask,
  Approval,
} from "./access-request.ts";
export type { AccountLink, Accounts, Invitation } from "./account.ts";
export type { Answer, Obligation, Requestable, UnmetRequirement, WaivedControl } from "./answer.ts";
export { type Assertion, type AssertionOptions, type VerifyAssertion, verifyAssertion } from "./assertion.ts";
export { AssertionError, type AssertionErrorCode } from "./assertion-error.ts";
export { type Client, createClient } from "./client.ts";
export type { DecisionEvent, Decisions, LoggedDecision, Why } from "./decision.ts";
export type { Device, Devices } from "./device.ts";
export type { Entities, Entity, EntityFields } from "./entity.ts";
export type {
  Credentials,
  Described,
  Evaluate,
  EvaluateAll,
  Evaluation,
  EvaluationsSemantic,
} from "./evaluation.ts";
export * from "./guard/index.ts";
export type { Jwks } from "./jwks.ts";
export type { Key, Keys } from "./key.ts";
export type { Ledger, LedgerEntry } from "./ledger.ts";
export type { Lock, LockRequestTarget, Locks, PlacedLock } from "./lock.ts";
export type { Mark } from "./mark.ts";
export type { AcceptedLoss, ClusterNode, Loss, NodeList, Nodes } from "./nodes.ts";
export type { Channel, Notices } from "./notice.ts";
export type { Disclosure, Offer, Offers } from "./offer.ts";
export type {
  OptOut,
  OptOutQuery,
  OptOutRequest,
  OptOuts,
  RequestedHolder,
  Revocation,
  Scope,
} from "./opt-out.ts";
export type { Listing, Page, PageQuery } from "./page.ts";
export type {
  Coverage,
  CoverageRow,
  FateGroup,
  Observation,
  Policy,
  PolicyStatus,
  Revision,
  SimulationEvent,
  SimulationQuery,
  SimulationReport,
} from "./policy.ts";
export { PosternProblem, PosternUnavailable, type ProblemPart, type UnavailableReason } from "./problem.ts";
export type { DueReview, Review, Reviews } from "./review.ts";
export type { ChallengeCounts, Risk, RiskReport, TriedThreshold } from "./risk.ts";
export type { RoleGrant, Roles } from "./role.ts";
export type { Found, Search, SearchListing, SearchOptions, SearchPage } from "./search.ts";
export type {
  Registered,
  Session,
  SessionDetail,
  SessionLimit,
  SessionQuery,
  Sessions,
  SessionsOf,
  SignedIn,
} from "./session.ts";
export type { Concern, Signal, SignalReceipt, SignalStream, Signals, SignalTransmitter } from "./signal.ts";
export type { ReadStatus, Status } from "./status.ts";
export type { Issued, Token, TokenRequest, Tokens } from "./token.ts";
export type { CallOptions, ClientOptions, WriteOptions } from "./transport.ts";
export type { Act, MayWait, UnreviewedActs } from "./unreviewed.ts";
export type { Logout, ReadWhoami, Whoami } from "./whoami.ts";
