import type { webcrypto } from "node:crypto";
import type {
  Assurance,
  ControlId,
  Decision,
  DecisionId,
  Duration,
  EntityName,
  Explanation,
  Instant,
  Limits,
  LockTarget,
  MarkedAs,
  Method,
  Now,
  OptOutState,
  Outcome,
  ReasonCode,
  Result,
  SecurityEvent,
  Session,
  SessionEnd,
  SessionHandle,
  SessionId,
  SubjectRef,
  Timeouts,
  Token,
  TokenScope,
} from "@postern/core";
import type { KeyEpoch } from "@postern/ledger";
import type { Caller, OperatorCaller } from "./caller.ts";
import type { Coverage } from "./coverage/coverage-views.ts";
import type { ExportQuery } from "./decisions/export-query.ts";
import type { OpenidKey } from "./keyring/openid-key.ts";
import type { SigningKeyName } from "./keyring/rotation.ts";
import type { ChallengeView, MarkView } from "./marks/mark-views.ts";
import type { ParkedForms } from "./parked-forms/parked-forms.ts";
import type { ObservationView, SimulationAsk, SimulationEvent } from "./policy/simulation-views.ts";
import type { Artifacts } from "./ports/artifacts.ts";
import type { ClientSeen } from "./ports/client-data.ts";
import type { UpstreamSignIn } from "./ports/upstream.ts";
import type { WitnessStatus } from "./ports/witness.ts";
import type { Problem } from "./problem.ts";
import type { SecondProof } from "./recovery/requirement.ts";
import type { RiskReportAsk, RiskReportView } from "./risk/report-views.ts";
import type { SignalOutcome, SignalReceipt } from "./signals/intake.ts";
import type { Verifications } from "./signals/verification.ts";
import type { StreamService } from "./streams/stream-service.ts";
import type {
  AcceptedLoss,
  ActView,
  ChannelView,
  ConcernView,
  DecisionView,
  DeviceView,
  DisclosureView,
  DueReviewView,
  EntityDetail,
  FactorView,
  InboxView,
  LockView,
  MayWait,
  NodesView,
  ObservedView,
  OfferView,
  OptOutView,
  OwnSession,
  PlacedLockView,
  ProtectionView,
  ReviewView,
  RevisionView,
  RevocationView,
  RoleView,
  SessionDetail,
  SessionView,
  SightingView,
  TokenView,
  WhyView,
} from "./views.ts";

/** What an enforcement point asks, as it came over the wire: attributes are still untyped JSON. */
export interface Question {
  /** Null: a visitor. Where a session is given and a subject is not, the session's subject is meant. */
  readonly subject: (EntityName & { readonly properties?: unknown }) | null;
  readonly action: { readonly name: string; readonly properties?: unknown };
  /** For type `route` the id is the raw request path; it is made canonical here. */
  readonly resource: EntityName & { readonly properties?: unknown };
  readonly context?: unknown;
  /** The session presented: by id (trusted enforcement points) or as found by its secret. Null: none. */
  readonly session: Session | null;
  readonly delegated?: boolean;
  readonly network?: string | null;
  /** Where the session was presented by something that says less than it: what that says is the most that counts. */
  readonly handle?: SessionHandle | null;
  /** What the browser carries of its device's last proof. */
  readonly deviceProof?: string | null;
  /** Absent: only `network` is known of where it comes from. Null: not even that, whatever budgets count it by. */
  readonly client?: ClientSeen | null;
  /** The enforcement point says that the session's person is there: where it is let through, that is activity. */
  readonly active?: boolean;
  /** Names a visitor's visit in the record of an anonymous honour; made anew where null. */
  readonly visit?: string | null;
  /** Whose word it is: shown in the decision log. */
  readonly askedBy: string;
}

export interface Answer {
  readonly id: DecisionId;
  /** Control-plane time at which it was decided. */
  readonly at: Instant;
  readonly decision: Decision;
  readonly revision: string;
  /** Set for an honour: durable before this answer was given. */
  readonly entry: { readonly index: number; readonly position: number } | null;
  readonly subject: EntityName | null;
  readonly session: Session | null;
  /** As the list and the stream show it; made when first asked for. */
  readonly view: () => DecisionView;
}

export type Outcomes<Value> = Promise<Result<Value, Problem>>;

export interface DecisionService {
  /**
   * Decides; an honour waits for its ledger entry (Law 4). When recording fails or the queue is full the
   * answer is the same question with the waiver refused (`recording_unavailable`), never an error.
   */
  decide(question: Question): Answer | Promise<Answer>;
  /** The same without recording and without spending a use: an honour here means "would honour". */
  consider(question: Question): { readonly decision: Decision; readonly explanation: () => Explanation };
  /** When the session that is presented ends where this is asked for. Records nothing. */
  timeouts(question: Question): Promise<{
    readonly timeouts: Timeouts | null;
    /** As presented; null where it matched nothing or does not count. */
    readonly session: Session | null;
    readonly now: Now;
  }>;
  why(id: string): Outcomes<WhyView>;
  list(query: {
    readonly limit: number;
    readonly cursor?: string;
    readonly subject?: EntityName;
    readonly outcome?: Outcome;
  }): Outcomes<Page<DecisionView>>;
  /**
   * Lines to be taken out and given to a simulation, newest sheet first: what the log tells of each decision, and what
   * it rested on, sealed under the key of its person. The last line says that it is whole.
   */
  export(query: ExportQuery): Outcomes<AsyncIterable<string>>;
  /** Called for each decision as it happens, on this node. The answer stops it. */
  watch(listener: (decision: DecisionView) => void): () => void;
}

/** What people say of challenges, denials and signals, looking back. No answer rests on it. */
export interface MarkService {
  /**
   * Of a challenge or a denial that the decision log still has. People mark their own in their own session, operators any
   * with the scope `explain`. Another mark of the same person takes the place of the one before.
   */
  decision(
    caller: Caller,
    id: string,
    given: {
      readonly as: MarkedAs;
      readonly mayTell: (resource: { readonly type: string; readonly id: string }) => boolean;
    },
  ): Outcomes<MarkView>;
  /** Of a signal that stands. Needs the scope `explain`. */
  signal(caller: Caller, id: string, given: { readonly as: MarkedAs }): Outcomes<MarkView>;
  /** The last few steps that this person was asked for, newest first; what was asked again within the hour once. */
  recent(session: Session): Promise<readonly ChallengeView[]>;
}

/** One result of a search, and the decision that put it there: an honour means "would honour". */
export interface Found<Item> {
  readonly item: Item;
  readonly decision: Decision;
}

export interface SearchPage {
  /** Where the page before ended; null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
  /** Which entities this caller may be told of. */
  readonly mayTell: (name: EntityName) => boolean;
  /** Whether nobody waits for the answer any more. */
  readonly gone: () => boolean;
}

export interface SearchResult<Item> {
  readonly found: readonly Found<Item>[];
  /** Where the next page begins; null: there is none. A page may end early, even without a result. */
  readonly next: string | null;
  readonly at: Instant;
}

/**
 * Which of the entities that we hold, or of the actions that policy names, would be answered yes. Records nothing and
 * spends no use. Bounded in what a page costs; `busy` where too many run at once.
 */
export interface SearchService {
  /** `question.subject` says what holds for every candidate but its name. */
  subjects(question: Question, type: string, page: SearchPage): Outcomes<SearchResult<EntityName>>;
  resources(question: Question, type: string, page: SearchPage): Outcomes<SearchResult<EntityName>>;
  actions(question: Question, page: SearchPage): Outcomes<SearchResult<string>>;
}

/** What somebody may ask for so that a refused question would not be refused for the same reason again. */
export interface Requestable {
  readonly offer: string;
  /** The title of its disclosure, by locale. */
  readonly titles: Readonly<Record<string, string>>;
  readonly holder: "subject" | "device";
  /** What the opt-out would name: this action on this resource, as policy names them. */
  readonly action: string;
  readonly resource: string;
  readonly revision: string;
}

/** How a request stands, for whoever holds its handle: nothing of who decides, and no reason. */
export interface AccessTask {
  readonly state: OptOutState;
  readonly granted: boolean;
  readonly consentMissing: boolean;
  readonly steps: { readonly done: number; readonly all: number };
  readonly decideBy: Instant;
  readonly startsAt: Instant;
  /** The first of all its ends. */
  readonly endsAt: Instant;
  readonly grantedAt: Instant | null;
}

export interface AccessRequestService {
  /**
   * Whether an offer could answer a refusal: with an opt-out for exactly this, granted to this subject now, nothing
   * would be left that cannot be met. Null: it could not.
   */
  requestable(question: Question, decision: Decision): Requestable | null;
  /** The caller has proved by a handle that it may know. Null: there is no such request. */
  task(optOut: string): AccessTask | null;
  /** Takes a request back that still waits, for the caller that left it. */
  cancel(caller: Caller, optOut: string): Outcomes<AccessTask>;
  /** Whether two tokens are one person's. */
  samePerson(token: Token, other: string): boolean;
  /** Control-plane time, at the latest. */
  now(): Instant;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null: the last page. */
  readonly next: string | null;
}

/** Where somebody comes from, as an enforcement point saw it: the client where it is known, and its network. */
export interface From {
  readonly client: ClientSeen | null;
  /** CIDR notation. */
  readonly network: string | null;
}

/** Whose sessions end: of a subject, on a device, registered by an application, the caller's others, or all. */
export type SessionsOf =
  | { readonly subject: EntityName }
  | { readonly device: EntityName }
  | { readonly client: string }
  | { readonly others: true }
  | { readonly all: true };

export interface SessionQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly subject?: EntityName;
  readonly device?: EntityName;
  /** The application that registered it, or `postern`. */
  readonly client?: string;
  /** `over`: ended or revoked. */
  readonly state?: SessionView["state"] | "over";
  readonly cause?: SessionEnd;
  /** Began then or later; RFC 3339. */
  readonly since?: string;
  /** The beginning of an id (of a session or of who registered it), or the whole name of a person or device. */
  readonly q?: string;
}

export interface OptOutRequest {
  readonly offer: string;
  /** Omitted: the caller. */
  readonly holder?:
    | { readonly kind: "subject"; readonly subject?: EntityName }
    | {
        readonly kind: "device";
        readonly device: EntityName;
        readonly anyone?: boolean;
        readonly subject?: EntityName;
      }
    | { readonly kind: "anonymous" };
  readonly scope?: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  /** ISO 8601. */
  readonly length?: string;
  /** RFC 3339 with a zone. */
  readonly startsAt?: string;
  readonly reason?: string;
}

/** A request with the consent to the text that was shown, by its hash. */
export interface OptOutChoice extends OptOutRequest {
  readonly disclosure: string;
  readonly locale: string;
}

export interface OptOutService {
  offers(
    caller: Caller,
    query: { readonly subject?: EntityName; readonly device?: EntityName },
  ): Outcomes<readonly OfferView[]>;
  list(
    caller: Caller,
    query: {
      readonly limit: number;
      readonly cursor?: string;
      readonly state?: string;
      readonly control?: ControlId;
      readonly subject?: EntityName;
      readonly asOf?: string;
    },
  ): Outcomes<Page<OptOutView>>;
  get(caller: Caller, id: string, query: { readonly asOf?: string }): Outcomes<OptOutView>;
  request(caller: Caller, request: OptOutRequest): Outcomes<OptOutView>;
  /** Only from the subject's own session: a token can never consent. `disclosure` is the hash that was shown. */
  consent(
    caller: Caller,
    id: string,
    given: { readonly disclosure: string; readonly locale: string },
  ): Outcomes<OptOutView>;
  /**
   * One's own choice of a control, agreed to as it is asked for, in place of the one before: both in one commit, or
   * neither. Where others have to agree first, the one before goes on.
   */
  choose(caller: Caller, choice: OptOutChoice): Outcomes<OptOutView>;
  /** The disclosure to show for an opt-out that waits for consent. */
  disclosure(caller: Caller, id: string, locales: readonly string[]): Outcomes<DisclosureView>;
  approve(caller: Caller, id: string, version: number | null): Outcomes<OptOutView>;
  deny(caller: Caller, id: string, given: { readonly reason?: string }): Outcomes<OptOutView>;
  withdraw(caller: Caller, id: string): Outcomes<OptOutView>;
  /** Like creating: needs the consent or approvals that the offer asks for. From a token it stays as it was. */
  renew(
    caller: Caller,
    id: string,
    given: {
      readonly length?: string;
      readonly disclosure?: string;
      readonly locale?: string;
      readonly reason?: string;
    },
  ): Outcomes<OptOutView>;
  narrow(
    caller: Caller,
    id: string,
    version: number | null,
    given: {
      readonly scope?: { readonly actions: readonly string[]; readonly resources: readonly string[] };
      readonly expiresAt?: string;
    },
  ): Outcomes<OptOutView>;
  suspend(caller: Caller, id: string, given: { readonly reason?: string }): Outcomes<OptOutView>;
  resume(caller: Caller, id: string): Outcomes<OptOutView>;
  revoke(caller: Caller, id: string, given: { readonly reason?: string }): Outcomes<RevocationView>;
  review(
    caller: Caller,
    given: { readonly optOut: string; readonly answer: "keep" | "end"; readonly reason?: string },
  ): Outcomes<ReviewView>;
  /**
   * Records an attempt on an opt-out that was refused before it could be read, by a caller whom we know; within a
   * minute only so many of one caller become entries.
   */
  refused(caller: Caller, problem: Problem): Promise<void>;
  /** Refused attempts that became no entry since the start. */
  refusalsLeft(): number;
  reviews(
    caller: Caller,
    query: { readonly limit: number; readonly cursor?: string },
  ): Outcomes<Page<ReviewView>>;
  /** Those that come due until an instant, or within a span from now; soonest first, with evidence of use. */
  dueReviews(
    caller: Caller,
    query: { readonly due: string; readonly limit: number; readonly cursor?: string },
  ): Outcomes<Page<DueReviewView>>;
}

export interface LockService {
  place(
    caller: Caller,
    given: {
      readonly target: LockTarget | { readonly kind: "subject" | "device"; readonly name: EntityName };
      readonly until?: string;
      readonly reason?: string;
    },
  ): Outcomes<PlacedLockView>;
  /** Widens: takes a second person where there is one. */
  lift(caller: Caller, id: string): Outcomes<LockView & MayWait>;
  list(
    caller: Caller,
    query: { readonly limit: number; readonly cursor?: string; readonly asOf?: string },
  ): Outcomes<Page<LockView>>;
}

/** What one person did alone, or asked for, and a second has to look at (Law 9). */
export interface UnreviewedService {
  /** Without `state`: those that wait or are unreviewed. Ended ones stay listed under theirs. */
  list(
    caller: Caller,
    query: { readonly limit: number; readonly cursor?: string; readonly state?: ActView["state"] },
  ): Outcomes<Page<ActView>>;
  /** By another person: what waits happens, what is unreviewed is reviewed. */
  confirm(caller: Caller, id: string): Outcomes<ActView>;
  /** Of what waits; by anyone who could confirm it, or by whoever asked. */
  deny(caller: Caller, id: string): Outcomes<ActView>;
  open(): { readonly waiting: number; readonly unreviewed: number };
}

/** Signals of elsewhere, and what stands because of them. */
export interface SignalService {
  /**
   * Takes a CloudEvent (1.0) for a token with the scope `signals.write` that is bound to its source. In force for every
   * decision that starts after the answer.
   */
  send(
    caller: Caller,
    event: {
      readonly id: string;
      readonly source: string;
      /** A kind of signal by its name in CAEP or RISC, or by its address there. */
      readonly type: string;
      /** `type:id`. */
      readonly subject?: string;
      /** RFC 3339: when it happened. */
      readonly time: string;
      /** The claims of the event as CAEP and RISC name them. */
      readonly data: Readonly<Record<string, unknown>> & {
        readonly device?: EntityName;
        readonly session?: string;
      };
    },
  ): Outcomes<SignalReceipt & { readonly repeated: boolean }>;
  /**
   * Takes a security event whose token was checked, from a transmitter that configuration names. In force and durable
   * when it answers.
   */
  receive(
    from: { readonly source: string; readonly issuer: string; readonly subjectTypes: readonly string[] },
    event: SecurityEvent,
  ): Outcomes<SignalReceipt & { readonly repeated: boolean }>;
  /** Of streams that transmitters push over: whichever node they reached. */
  readonly verifications: Verifications;
  /**
   * What stands, newest first, and what came of signals since the start. A token that is bound to resources is told of
   * what holds back opt-outs within its binding alone.
   */
  list(
    caller: Caller,
    query: { readonly limit: number; readonly cursor?: string; readonly about?: EntityName },
  ): Outcomes<{
    readonly items: readonly ConcernView[];
    readonly next: string | null;
    readonly total: number;
    readonly sources: readonly {
      readonly source: string;
      readonly outcomes: Readonly<Partial<Record<SignalOutcome, number>>>;
    }[];
  }>;
  /** A person's word that what stands is over, where policy lets it end so; never by whom it is about. */
  clear(
    caller: Caller,
    id: string,
    given: { readonly reason?: string },
  ): Outcomes<{ readonly resumed: number }>;
}

export interface EntityService {
  put(
    caller: Caller,
    name: EntityName,
    given: { readonly attributes?: unknown; readonly states?: unknown; readonly shared?: boolean | null },
  ): Outcomes<EntityDetail>;
  get(caller: Caller, name: EntityName): Outcomes<EntityDetail>;
  delete(caller: Caller, name: EntityName): Outcomes<{ readonly ended: number }>;
}

export interface SessionService {
  /** A new session, or (with `id`) a completed second step of one: same id, new secret, at most the ceiling. */
  register(
    caller: Caller,
    given: {
      readonly id?: string;
      readonly subject: EntityName;
      readonly device?: EntityName;
      readonly acr: Assurance;
      readonly amr?: readonly string[];
      readonly authTime: string;
      readonly expiresAt: string;
      /** Where the person signed in from. Remembered of a sign-in that showed all that could be shown. */
      readonly from?: ClientSeen & { readonly network?: string };
    },
  ): Outcomes<{ readonly session: SessionView; readonly secret: string }>;
  /** The live or ended session behind a secret; null where it matches nothing. In memory, constant time. */
  bySecret(secret: string): Session | null;
  byId(id: string): Session | null;
  /** A new secret in place of this one, where policy asks for it by now; null: this one goes on. */
  rotate(session: Session, secret: string): Outcomes<string | null>;
  revoke(caller: Caller, id: string): Outcomes<SessionView>;
  /** An operator's word on whether others use its browser; to be shared ends the trust in its device. */
  mark(caller: Caller, id: string, shared: boolean): Outcomes<SessionView>;
  /** Newest first, ended ones too. A million do not hold up anybody else. */
  list(caller: Caller, query: SessionQuery): Outcomes<Page<SessionView>>;
  get(caller: Caller, id: string): Outcomes<SessionDetail>;
  /** Ends every live one of these that the caller may end; how many. */
  revokeAll(caller: Caller, of: SessionsOf): Outcomes<number>;
  /**
   * Its person does not know it: it ends, every opt-out of theirs is suspended, and the device that it was on is
   * trusted no more. How many opt-outs stand still now.
   */
  disown(session: Session, id: string): Outcomes<number>;
  /** Its person's own word on whether others use its browser. Once it was said that they do, only an operator takes it back. */
  says(session: Session, shared: boolean, network: string | null): Outcomes<null>;
  /** Remembers what a session's browser and network look like, where nothing is remembered yet. */
  noteSeen(session: Session, from: From): Promise<void>;
  /** The same words for a browser that asks now. */
  seenAt(from: From): SightingView;
  /** What ends this one wherever it is shown, and the opt-out that carries it. */
  ends(session: Session): Pick<SessionDetail, "limits" | "optOut">;
  /** What ends a session of the active policy wherever it is shown, before anything is known of it. */
  limits(): Limits;
  /** One's own session with its ends, where `question` asks; see {@link OwnSession}. Extends nothing. */
  own(question: Question): Promise<OwnSession>;
  /** Told of each session that somebody was at, on this node, with its id. */
  onActive(listener: (id: string) => void): () => void;
  /** Its person did something: the inactivity timeout begins anew. False: the session is over. */
  active(session: Session, network: string | null): Promise<boolean>;
  /** The same by the person's own word, as often as policy lets. What is asked for again with one key is one extension. */
  extend(question: Question, key?: string | null): Outcomes<OwnSession>;
  /** What has become of it, by control-plane time: a machine's own clock ends and prolongs nothing. */
  stateOf(session: Session): SessionView["state"];
  subjectOf(session: Session): EntityName | null;
  /** Told of each session that is revoked, on whatever node, with its id. */
  onRevoked(listener: (id: string) => void): () => void;
  /** The name behind a subject's reference; null: there is nobody any more. */
  subjectName(subject: SubjectRef): EntityName | null;
  deviceOf(session: Session): EntityName | null;
  /** Whether its person's account is out of use now, or gone. */
  isWithdrawn(session: Session): boolean;
}

/** A session that was opened or raised, with the secret that is its handle from now on. */
export interface SignedIn {
  readonly session: Session;
  readonly secret: string;
  /** For the browser to keep: later it is not slowed down by what strangers try. Null: nothing to keep. */
  readonly known: string | null;
}

/** An attempt to sign in, or to raise a session, as its page shows it. */
export interface AttemptView {
  readonly purpose: "sign-in" | "step-up";
  readonly target: Assurance;
  readonly maxAge: Duration | null;
  /** Null: nobody has proved to be anybody yet. */
  readonly name: string | null;
  readonly proven: readonly Method[];
  readonly ways: readonly Method[];
  /** Whether the account has what the target needs. */
  readonly reachable: boolean;
  /** The identity providers by which the account is signed in to; null: nobody is known yet, so any may be tried. */
  readonly linked: readonly string[] | null;
  /** What was done before the attempt began does not count. */
  readonly anew: boolean;
  readonly carry: string;
  /** Nobody has said yet whether others use this browser. */
  readonly asksShared: boolean;
}

export type SignInStep =
  | { readonly kind: "more"; readonly attempt: AttemptView }
  | { readonly kind: "done"; readonly carry: string; readonly signedIn: SignedIn };

/**
 * Postern's own sign-in. An attempt is a secret in one browser, good for ten minutes. What proves somebody is used up
 * in the commit that opens or raises the session, so that no crash and no second node makes it good twice.
 */
export interface SignInService {
  /** With a session of ours: to raise it. `carry` comes back when the attempt has come to its end. */
  begin(
    aim: {
      readonly wanted: Assurance;
      readonly maxAge: Duration | null;
      readonly network: string;
      readonly client?: ClientSeen;
      readonly known: string | null;
      readonly carry: string;
      /** What was done before does not count for being enough. */
      readonly anew?: boolean;
    },
    session: Session | null,
  ): string;
  find(secret: string): AttemptView | null;
  /** What was ticked on the way: whether others use this browser too. */
  saysShared(secret: string, shared: boolean): void;
  /** The name counts only where nobody is known yet. */
  password(secret: string, given: { readonly name: string; readonly password: string }): Outcomes<SignInStep>;
  code(secret: string, code: string): Outcomes<SignInStep>;
  recoveryCode(secret: string, code: string): Outcomes<SignInStep>;
  /** Options for `navigator.credentials.get`, in their JSON form. */
  passkeyRequest(secret: string): Outcomes<unknown>;
  passkey(secret: string, response: unknown): Outcomes<SignInStep>;
  /** A checked sign-in at another identity provider. An unknown subject opens an account only where it says so. */
  upstream(secret: string, given: UpstreamSignIn): Outcomes<SignInStep>;
  /**
   * Another identity provider says that its session has ended: so do ours that rest on it. How many; without a
   * session, all that rest on a sign-in of its subject.
   */
  upstreamEnded(given: {
    readonly issuer: string;
    readonly subject: string | null;
    readonly session: string | null;
  }): Outcomes<number>;
  /** A new secret for a session of ours; the one before is no handle any more. */
  handle(session: Session): Outcomes<string>;
  /** A code or refresh token of this session came a second time: that is recorded, and nobody waits for it. */
  tokenReused(session: string): void;
  /** Gives an attempt up. */
  end(secret: string): void;
  /** Told of every attempt that was left to run out. */
  onAbandoned(listener: (carry: string) => void): () => void;
}

/** The ways in which an account can be proved. Changing them needs a fresh proof of all that they can reach. */
export interface FactorService {
  list(session: Session): readonly FactorView[];
  mayChange(session: Session): Result<null, Problem>;
  levelToChange(session: Session): Assurance;
  /** Sets the first password, or another in its place. Other sessions of ours end with the old one. */
  setPassword(session: Session, password: string): Outcomes<FactorView>;
  /** The same secret until it is enrolled or ten minutes have passed. */
  beginTotp(session: Session): Result<{ readonly secret: string; readonly uri: string }, Problem>;
  /** The code proves the app, so the session rises by it and has a new secret. */
  finishTotp(session: Session, given: { readonly code: string; readonly label: string }): Outcomes<SignedIn>;
  /** Options for `navigator.credentials.create`, in their JSON form. */
  beginPasskey(session: Session): Outcomes<unknown>;
  finishPasskey(
    session: Session,
    given: { readonly response: unknown; readonly label: string },
  ): Outcomes<FactorView>;
  /** In place of those before. Told once. */
  makeRecoveryCodes(session: Session): Outcomes<readonly string[]>;
  /** The identity provider of a mapping; null: it is none, or is gone. */
  issuerOf(id: string): string | null;
  /** Takes another identity provider's subject for a way to sign in; both sides were proved. */
  link(session: Session, given: UpstreamSignIn): Outcomes<FactorView>;
  /** The identity providers by which an account is signed in to. Needs the scope `admin`. */
  linksOf(caller: Caller, name: EntityName): Result<readonly FactorView[], Problem>;
  /** Takes one away, with the sessions that rest on it; never the last way to sign in. Needs the scope `admin`. */
  unlink(caller: Caller, name: EntityName, id: string): Outcomes<null>;
  rename(session: Session, id: string, label: string): Outcomes<null>;
  /** Refused for what the account's level rests on, until there is another. */
  remove(session: Session, id: string): Outcomes<null>;
  /** A single-use link's secret, for an account that has no way to sign in yet. Needs the scope `admin`. */
  invite(caller: Caller, name: EntityName): Outcomes<{ readonly secret: string; readonly expiresAt: string }>;
  /** Whom an invitation is for; null: it is not good any more. */
  invited(secret: string): EntityName | null;
  acceptInvitation(secret: string, given: { readonly password: string }): Outcomes<SignedIn>;
}

/** The address at which a person is told things. To change it faces the full control, as ways to sign in do. */
export interface AddressService {
  current(session: Session): { readonly address: string | null; readonly verifiedAt: string | null };
  /** Where a code is on its way to; null: nowhere. */
  pending(session: Session): string | null;
  /** Sends a code, good once, for ten minutes and in this session. */
  begin(session: Session, address: string): Outcomes<null>;
  /** The address becomes the person's, and `address-verified` is theirs from now on. */
  finish(session: Session, code: string): Outcomes<null>;
}

/** What a recovery asks for next. Of whom it is shows only once the mailed code was read. */
export type RecoveryView =
  | { readonly step: "mail"; readonly reference: string }
  | { readonly step: "second"; readonly name: string; readonly ways: readonly SecondProof[] }
  /** Neither a second thing is there nor would a recovery be enough: an administrator is asked. */
  | { readonly step: "none"; readonly name: string }
  | { readonly step: "enrol"; readonly name: string; readonly factors: readonly FactorView[] };

/** A way to sign in that is enrolled by recovery. */
export type Recovered =
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "totp"; readonly code: string; readonly label: string }
  | { readonly kind: "passkey"; readonly response: unknown; readonly label: string };

/**
 * The way back in for whoever cannot sign in: a code to their verified address, and where the account ever had two
 * factors one thing more (NIST SP 800-63B-4 section 4.2). It opens no session: what it leads to is a new way to sign in,
 * with which the person then signs in as always.
 */
export interface RecoveryService {
  /**
   * Asks for a code, in place of the one that this browser asked for before. `browser` is a secret of it. The answer tells
   * nothing of the account, and whatever depends on it is done after it.
   */
  ask(given: {
    readonly browser: string;
    readonly name: string;
    readonly network: string;
    /** What the browser kept of an earlier sign-in. */
    readonly known: string | null;
  }): Result<null, Problem>;
  /** Null: nothing is open in this browser. */
  find(browser: string): RecoveryView | null;
  /** The mailed code: good once, for ten minutes, in the browser that asked, for five tries. */
  mailCode(browser: string, code: string): Outcomes<RecoveryView>;
  password(browser: string, password: string): Outcomes<RecoveryView>;
  /** A code of the app, or a saved recovery code. */
  code(browser: string, kind: "totp" | "recovery-code", code: string): Outcomes<RecoveryView>;
  /** Options for `navigator.credentials.get`, in their JSON form. */
  passkeyRequest(browser: string): Outcomes<unknown>;
  passkey(browser: string, response: unknown): Outcomes<RecoveryView>;
  /** The factors that the person has no more: they go when it finishes. What was just proved stays. */
  lose(browser: string, lost: readonly string[]): Result<null, Problem>;
  /** The same secret until the recovery ends. */
  beginTotp(browser: string): Result<{ readonly secret: string; readonly uri: string }, Problem>;
  /** Options for `navigator.credentials.create`, in their JSON form. */
  beginPasskey(browser: string): Outcomes<unknown>;
  /**
   * Enrols it; ends every session and trusted device of the person and the opt-outs that stood on those, and removes the
   * factors that they said are lost.
   */
  finish(browser: string, enrol: Recovered): Outcomes<null>;
  end(browser: string): void;
}

/** What a proof leads to: for a minute, the cookie is worth what the key is. */
export interface ProvedDevice {
  readonly device: DeviceView;
  readonly cookie: string;
}

/**
 * Browsers that people chose to trust: registered after a full sign-in with a key that cannot leave the browser, and
 * proved with it. Nothing rests on one without a proof of the last minute (W3C Device Bound Session Credentials).
 */
export interface DeviceService {
  /** One's own, newest first, ended ones too. */
  own(session: Session): readonly DeviceView[];
  mayTrust(session: Session): Result<null, Problem>;
  /** What must be proved, freshly, to trust a device: all that the account can reach. */
  levelToTrust(session: Session): Assurance;
  /** What a browser signs next: good once, in this session, for this use. */
  challenge(session: Session, use: "registration" | "proof"): string;
  /** Whether it makes sense to ask this session's browser for a proof. */
  mayProve(session: Session): boolean;
  register(
    session: Session,
    given: { readonly proof: string; readonly label: string },
  ): Outcomes<ProvedDevice>;
  /** The first proof in a session says that it is on this device; the proofs after it leave no entry. */
  prove(session: Session, proof: string): Outcomes<ProvedDevice>;
  /** Within the cap that counts from the first registration. */
  renew(session: Session, proof: string): Outcomes<DeviceView>;
  rename(session: Session, id: string, label: string): Outcomes<null>;
  /** One's own, or any with the scope `admin`. Ends the sessions and opt-outs that stand on it, but for the caller's session. */
  revoke(caller: Caller, id: string): Outcomes<DeviceView>;
  list(
    caller: Caller,
    query: { readonly limit: number; readonly cursor?: string; readonly subject?: EntityName },
  ): Outcomes<Page<DeviceView>>;
}

export interface PolicyService {
  /** Publishes and activates the first revision ever, as Postern itself at its first start; refused once one is in force. */
  begin(files: readonly { readonly path: string; readonly text: string }[]): Outcomes<RevisionView>;
  /** The id that these documents have, published or not. */
  identify(files: readonly { readonly path: string; readonly text: string }[]): string;
  publish(
    caller: Caller,
    files: readonly { readonly path: string; readonly text: string }[],
  ): Outcomes<RevisionView>;
  activate(caller: Caller, id: string): Outcomes<RevisionView>;
  rollback(caller: Caller, to?: string): Outcomes<RevisionView>;
  list(caller: Caller): Outcomes<readonly RevisionView[]>;
  /** What is in force, and what of it, or beside it, is observed and until when. */
  status(caller: Caller): Outcomes<{
    readonly active: string | null;
    readonly observed: readonly ObservedView[];
    readonly observation: ObservationView | null;
  }>;
  active(): string | null;
  /** Those of the active revision, in its order; none before the first activation. */
  protections(): readonly ProtectionView[];
  offers(): readonly OfferView[];
}

export interface SimulationService {
  /**
   * Decides recorded requests again under a candidate. Records nothing, spends nothing and changes nothing. Cut into
   * slices of the deciding thread. The first event comes at once, the last is the report.
   */
  run(caller: Caller, ask: SimulationAsk): Outcomes<AsyncIterable<SimulationEvent>>;
}

/** Where risk asked for more, what became of it, and what other thresholds would have done. */
export interface RiskReportService {
  /** Needs the scope `explain`. Cut into slices of the deciding thread; records nothing. */
  read(caller: Caller, ask: RiskReportAsk): Outcomes<RiskReportView>;
}

/** A candidate beside what is in force: what it would have answered is counted, and nobody is answered by it. */
export interface ObservationService {
  /** `until`: a date, or an RFC 3339 time, at most 90 days ahead. In place of the one before. */
  start(caller: Caller, revision: string, given: { readonly until: string }): Outcomes<ObservationView>;
  stop(caller: Caller, revision: string): Outcomes<Pick<ObservationView, "revision" | "until" | "state">>;
  get(caller: Caller, revision: string): Outcomes<ObservationView>;
  /** The one that runs or ran last on this node; null: none. */
  current(caller: Caller): ObservationView | null;
}

/** Counts of this node since it started, or since another revision came into force. */
export interface CoverageService {
  read(caller: Caller, query: { readonly ungoverned?: boolean; readonly limit: number }): Outcomes<Coverage>;
  /** Ways that were asked for and nothing governs. */
  ungoverned(): number;
}

export interface TokenService {
  /** The live token behind a bearer secret; null where it matches nothing, or has ended or been revoked. */
  bySecret(secret: string): Token | null;
  issue(
    caller: Caller,
    given: {
      readonly label: string;
      readonly person?: EntityName;
      readonly scopes: readonly TokenScope[];
      readonly resources?: readonly string[];
      readonly maxAcr?: Assurance;
      readonly subjectTypes?: readonly string[];
      readonly expiresAt: string;
    },
  ): Outcomes<{ readonly token: TokenView; readonly secret: string } & MayWait>;
  revoke(caller: Caller, id: string): Outcomes<TokenView>;
  list(caller: Caller): Outcomes<readonly TokenView[]>;
  /** Turns the single-use bootstrap secret into the first administrator's token. */
  bootstrap(
    secret: string,
    person: EntityName,
  ): Outcomes<{ readonly token: TokenView; readonly secret: string }>;
}

/** Who runs the deployment: what persons are to it, and what their sessions may do for it. */
export interface RoleService {
  /** A session as its person's roles let it call now; with nothing to its name where there is no role. */
  of(session: Session): OperatorCaller;
  /** Newest first, those that were taken away too. Needs the scope `admin` or `ledger.read`. */
  list(caller: Caller): Outcomes<readonly RoleView[]>;
  /** The caller's own, of now. */
  held(caller: Caller): readonly RoleView[];
  /** Needs the scope `admin`, and for a role that rules a second person. */
  grant(
    caller: Caller,
    given: { readonly person: EntityName; readonly role: string },
  ): Outcomes<{ readonly role: RoleView } & MayWait>;
  revoke(caller: Caller, id: string): Outcomes<RoleView>;
  /** Turns the single-use bootstrap secret into the first administrator, and the invitation to come in by. */
  bootstrap(
    secret: string,
    person: EntityName,
  ): Outcomes<{
    readonly role: RoleView;
    readonly invitation: { readonly secret: string; readonly expiresAt: string };
  }>;
}

export interface LedgerService {
  /** The newest signed checkpoint (C2SP signed note). */
  checkpoint(): string | null;
  /** The same, signed now only where none is there that fits: whoever polls it makes the node sign nothing. */
  shown(): Promise<string>;
  /** Signs the present head if it moved, and keeps it outside the database too. */
  sign(): Promise<string>;
  origin(): string;
  verifierKeys(): readonly string[];
  entries(
    caller: Caller,
    from: number,
    limit: number,
  ): Outcomes<
    readonly { readonly index: number; readonly entry: string | null; readonly leafHash: string }[]
  >;
  /** A tlog-proof receipt for one entry. */
  receipt(caller: Caller, index: number): Outcomes<string>;
  consistency(caller: Caller, from: number, to: number): Outcomes<readonly string[]>;
  export(caller: Caller, from: number, to: number | null, reveal: boolean): Outcomes<AsyncIterable<string>>;
  /** Every checkpoint key, oldest first. */
  keys(): readonly KeyEpoch[];
  witnesses(): readonly WitnessStatus[];
  /** Hashes of the signed tree (C2SP tlog-tiles); null: it has no such tile. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | null>;
  /** Entries of the signed tree, each behind its length (C2SP tlog-tiles). */
  bundle(caller: Caller, index: number, width: number): Outcomes<Uint8Array>;
  size(): number;
}

export interface KeyStatus {
  readonly name: string;
  readonly epoch: number;
  readonly since: string;
  readonly publicKey: string | null;
}

/** Why a node honours nothing. */
export interface NodeFinding {
  readonly reason: ReasonCode;
  readonly detail: string;
}

/** What a node says of itself to whoever runs it; `time` is RFC 3339. */
export interface NodeStatus {
  readonly store: "sqlite" | "postgres";
  /** Entries that it has applied. */
  readonly size: number;
  readonly epoch: number;
  /** Of the policy in force; null: none yet. */
  readonly revision: string | null;
  readonly doubt: NodeFinding | null;
  /** What was raised and stands, the doubt among them or not. */
  readonly findings: readonly NodeFinding[];
  /** Rows that are not what was written. */
  readonly tampered: readonly string[];
  readonly endsTrouble: string | null;
  readonly droppedDecisions: number;
  /** How often the whole ledger was read back since the start. */
  readonly ledgerReadBack: number;
  readonly time: string;
}

export interface NodeService {
  /** Why this node honours nothing right now; null: it honours. */
  doubt(): NodeFinding | null;
  /** Why what ended is not all kept outside the database, where a restore needs it; null: it is. */
  endsTrouble(): string | null;
  keys(): readonly KeyStatus[];
  rotate(caller: Caller, key: SigningKeyName | "wrapping"): Outcomes<KeyStatus>;
  acceptTime(caller: Caller): Outcomes<{ readonly at: string } & MayWait>;
  /** The nodes of this database, and whether an entry is in effect on all of them; null: not yet. */
  members(caller: Caller, entry?: number): Outcomes<NodesView>;
  /**
   * Takes in what other nodes have recorded until now, so that whoever was answered by one of them finds it here.
   * Answers after a moment although the database does not: what is not known is then not found.
   */
  fresh(): Promise<void>;
  /**
   * The same for whoever has proved nothing yet, such as a token that is unknown here: however many they are, the
   * database is asked for them ten times a second at most.
   */
  freshForStrangers(): Promise<void>;
  /** The epoch in which this log goes on elsewhere, from a restored backup; null: it goes on here. */
  fence(): number | null;
  /** Goes on from a database that lost the end of its log, in a new epoch. `lost` names the loss, in entries. */
  acceptLoss(
    caller: Caller,
    given: { readonly lost: number },
  ): Outcomes<AcceptedLoss | { readonly waits: ActView }>;
  /** The Ed25519 key that signs assertions now. `kid` names it in a JWT's header, and among `jwks`. */
  assertionKey(): { readonly kid: string; readonly privateKey: webcrypto.CryptoKey };
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Makes the first key of the OpenID Provider where there is none yet. */
  beginOpenid(): Outcomes<null>;
  /** The private keys that sign ID tokens, newest first; the one before the last rotation still checks signatures. */
  openidKeys(): readonly OpenidKey[];
  /**
   * Called after every commit but of uses alone: whatever was kept of an answer may no longer stand. Given the sessions
   * that alone changed; null: something else did, which may concern anybody.
   */
  onChange(listener: (alone: readonly SessionId[] | null) => void): () => void;
  status(): NodeStatus;
}

/** Telling people what happens to the opt-outs that they hold or answer for. */
export interface NoticeService {
  /** The caller's own, newest first; from a session alone. */
  inbox(caller: Caller): Outcomes<readonly InboxView[]>;
  /** Marks one, or all (null), as read. What is not in the caller's own inbox is not there. */
  markRead(caller: Caller, id: string | null): Outcomes<null>;
  channels(caller: Caller): Outcomes<readonly ChannelView[]>;
}

/**
 * Answers kept for `Idempotency-Key`, by actor and key, for 24 hours. Working state: an answer is kept after the
 * commit that it tells of, so that a crash between the two loses it, and the same request is carried out anew.
 */
export interface IdempotencyService {
  find(
    actor: string,
    key: string,
    request: Uint8Array,
  ): Promise<
    | { readonly kind: "none" }
    | { readonly kind: "same"; readonly answer: string }
    | { readonly kind: "other" }
    | { readonly kind: "in-flight" }
  >;
  keep(actor: string, key: string, request: Uint8Array, answer: string): Promise<void>;
  /** Lets a key go whose request came to no answer, so that it can be sent again. */
  release(actor: string, key: string): void;
}

export interface Service {
  readonly decisions: DecisionService;
  readonly marks: MarkService;
  readonly riskReport: RiskReportService;
  readonly search: SearchService;
  readonly accessRequests: AccessRequestService;
  readonly optOuts: OptOutService;
  readonly locks: LockService;
  readonly unreviewed: UnreviewedService;
  readonly entities: EntityService;
  readonly signals: SignalService;
  readonly streams: StreamService;
  readonly sessions: SessionService;
  /** Null: this deployment signs nobody in. */
  readonly signIn: SignInService | null;
  readonly factors: FactorService | null;
  readonly devices: DeviceService | null;
  /** Null: nobody signs in here, or no code can be brought anywhere. */
  readonly address: AddressService | null;
  /** Null where nobody signs in, or no code can be brought to an address. */
  readonly recovery: RecoveryService | null;
  readonly policy: PolicyService;
  readonly simulations: SimulationService;
  readonly observation: ObservationService;
  readonly coverage: CoverageService;
  readonly tokens: TokenService;
  readonly roles: RoleService;
  readonly ledger: LedgerService;
  readonly node: NodeService;
  readonly notices: NoticeService;
  readonly idempotency: IdempotencyService;
  /** What protocols handed out: working state. */
  readonly artifacts: Artifacts;
  /** Forms that wait for a sign-in or a step-up: working state. */
  readonly parkedForms: ParkedForms;
  close(): Promise<void>;
}
