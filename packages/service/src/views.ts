import type {
  AccountNoticeKind,
  Assurance,
  AuthenticatorEvidence,
  Basis,
  ControlId,
  Evidence,
  Explanation,
  FactorKind,
  LockTarget,
  MarkedAs,
  Mode,
  NoticeCause,
  NoticeKind,
  OptOutState,
  Outcome,
  ReasonCode,
  Role,
  SessionEnd,
  Suggestion,
  TokenScope,
} from "@postern/core";

// What use-cases answer, ready to be JSON: instants are RFC 3339 in UTC, entities carry their names.

export interface EntityView {
  readonly type: string;
  readonly id: string;
}

export interface OptOutView {
  readonly id: string;
  readonly control: ControlId;
  readonly offer: string;
  readonly basis: Basis;
  readonly state: OptOutState;
  readonly holder: {
    readonly kind: "subject" | "device" | "anonymous";
    readonly subject?: EntityView | null;
    readonly device?: EntityView;
  };
  readonly scope: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly downTo: Assurance;
  /** Of the inactivity timeout, how long it lets pass without activity; null: up to the overall end, or another control. */
  readonly inactivity: string | null;
  readonly requestedBy: EntityView;
  readonly requestedAt: string;
  readonly reason: string | null;
  readonly decideBy: string;
  readonly startsAt: string;
  readonly expiresAt: string;
  readonly reviewBy: string;
  readonly capAt: string;
  readonly uses: { readonly max: number | null; readonly used: number };
  readonly consent: {
    readonly needed: boolean;
    readonly given: {
      readonly at: string;
      readonly locale: string;
      readonly version: number;
      readonly disclosure: string;
    } | null;
  };
  readonly approvals: {
    readonly needed: number;
    readonly given: readonly { readonly by: EntityView; readonly at: string }[];
    /** How many persons still have to agree, at least. */
    readonly left: number;
    /** In words, such as "1 more of `security`": who still has to agree, by what holds of the approvers now. */
    readonly missing: readonly string[];
  };
  /** Why it is granted but not honoured right now, as far as that shows without a request. */
  readonly paused: readonly ReasonCode[];
  readonly revision: string;
  /** Where its latest change stands in the ledger: what a receipt is asked for. */
  readonly entry: number;
  /** For `If-Match`. */
  readonly version: number;
}

/** A Protection of the active revision, as far as people may see it: nothing of its rules. */
export interface ProtectionView {
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly sensitive: boolean;
  readonly resources: readonly string[];
  readonly assurance: Assurance;
  readonly stepUp: { readonly assurance: Assurance } | null;
  readonly signIn: { readonly url: string; readonly stepUp: string | null } | null;
}

export interface OfferView {
  readonly name: string;
  readonly control: ControlId;
  readonly mode: Mode;
  readonly owner: string;
  readonly basis: Basis;
  readonly holders: readonly ("subject" | "device" | "anonymous")[];
  readonly scope: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly downTo: Assurance;
  /** Of the inactivity timeout, how long it lets pass without activity; null: up to the overall end, or another control. */
  readonly inactivity: string | null;
  readonly length: { readonly default: string; readonly max: string; readonly total: string };
  readonly uses: number | null;
  readonly approvals: number;
  readonly riskAtMost: string | null;
  readonly states: readonly string[];
  readonly review: string;
  readonly disclosures: Readonly<Record<string, DisclosureView>>;
}

export interface DisclosureView {
  readonly locale: string;
  readonly version: number;
  /** SHA-256 of the canonical disclosure, hexadecimal: what a consent names. */
  readonly hash: string;
  readonly title: string;
  readonly stops: string;
  readonly protects: string;
  readonly until: string;
  readonly undo: string;
  readonly more?: string;
}

/**
 * A withdrawal is told in the same words everywhere: `recorded` at commit, `inEffect` once every live node has
 * applied it or its lease has run out. Null: that was not yet so when this was answered.
 */
export interface InEffectView {
  readonly recorded: string;
  readonly inEffect: string | null;
  readonly entry: number;
}

export interface RevocationView extends InEffectView {
  readonly optOut: OptOutView;
}

export type PlacedLockView = LockView & InEffectView;

export interface LockView {
  readonly id: string;
  readonly target: LockTarget;
  readonly until: string | null;
  readonly placedAt: string;
  readonly placedBy: EntityView;
  readonly reason: string | null;
  readonly state: "holds" | "ended" | "lifted";
}

/** What a second person is shown and confirms: the whole of it. */
export type WideningView =
  | { readonly kind: "policy"; readonly revision: string }
  | {
      readonly kind: "token";
      readonly token: string;
      readonly label: string;
      readonly person: EntityView | null;
      readonly scopes: readonly TokenScope[];
      readonly resources: readonly string[];
      readonly maxAcr: Assurance;
      readonly subjectTypes: readonly string[];
      readonly expiresAt: string;
    }
  | {
      readonly kind: "role";
      readonly grant: string;
      readonly person: EntityView;
      readonly role: Role;
    }
  | { readonly kind: "lock"; readonly lock: string }
  | { readonly kind: "time"; readonly behind: number }
  | { readonly kind: "loss"; readonly lost: number };

/** A widening act that waits for a second person, or that happened with one (Law 9). */
export interface ActView {
  readonly id: string;
  readonly what: WideningView;
  readonly state: "waiting" | "unreviewed" | "confirmed" | "denied" | "lapsed";
  readonly by: EntityView;
  readonly at: string;
  /** Null: it happened, and waits for its review without an end. */
  readonly decideBy: string | null;
  readonly decidedBy: EntityView | null;
  readonly decidedAt: string | null;
}

/** `waits` is there where nothing has happened yet: a second person has to confirm it first. */
export interface MayWait {
  readonly waits?: ActView;
}

/** A role that a person holds, or held. */
export interface RoleView {
  readonly id: string;
  readonly person: EntityView;
  readonly role: Role;
  readonly scopes: readonly TokenScope[];
  readonly grantedAt: string;
  /** `suspended`: its person is, so it lets nobody do anything now. */
  readonly state: "waiting" | "held" | "suspended" | "revoked";
}

export interface SessionView {
  readonly id: string;
  readonly subject: EntityView;
  readonly device: EntityView | null;
  readonly acr: Assurance;
  readonly amr: readonly string[];
  readonly authTime: string;
  readonly startedAt: string;
  readonly expiresAt: string;
  readonly state: "live" | "ended" | "revoked";
  /** When inactivity ends it, an opt-out counted in; null: no inactivity timeout is kept for all of it. */
  readonly inactivityEndsAt: string | null;
  /** When its person was last known to be at it. */
  readonly activeAt: string;
  /** When somebody or something ended it before its time; null: nobody did. */
  readonly revokedAt: string | null;
  /** What ended it; null while it is live. */
  readonly endedBy: SessionEnd | null;
  readonly registeredBy: string;
  /** Null: nobody has said. */
  readonly shared: boolean | null;
}

/** Of the browser and network that a session began in, as far as it was seen. The address is not kept. */
export interface SightingView {
  readonly browser: string | null;
  readonly system: string | null;
  readonly deviceKind: string | null;
  /** ISO 3166-1 alpha-2, by the operator's own network database. */
  readonly country: string | null;
  /** CIDR notation. */
  readonly network: string | null;
}

export interface SessionDetail extends SessionView {
  readonly seen: SightingView | null;
  readonly limits: { readonly inactivity: LimitView | null; readonly overall: LimitView };
  /** The opt-out that carries it past its inactivity timeout; null: none does. */
  readonly optOut: {
    readonly id: string;
    /** ISO 8601; null: up to the overall end. */
    readonly inactivity: string | null;
    readonly until: string;
  } | null;
}

export interface EntityDetail {
  readonly type: string;
  readonly id: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly states: Readonly<Record<string, string>>;
  readonly shared: boolean | null;
}

export interface TokenView {
  readonly id: string;
  readonly label: string;
  readonly person: EntityView | null;
  readonly scopes: readonly TokenScope[];
  readonly resources: readonly string[];
  readonly maxAcr: Assurance;
  readonly subjectTypes: readonly string[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  /** `waiting`: a second person has to confirm it; its secret opens nothing until then. */
  readonly state: "waiting" | "live" | "ended" | "revoked";
}

/** A document that is observed: until when, and what has become of it. */
export interface ObservedView {
  readonly kind: "Protection" | "Offer";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly observeUntil: string | null;
  /** `in-force`: its end has come, and it holds. `overdue`: its end has come, and it waits for somebody's word. */
  readonly state: "observing" | "without-end" | "in-force" | "overdue";
}

/** With `recorded` and `inEffect` where it was just put in force. */
export interface RevisionView extends Partial<InEffectView> {
  readonly id: string;
  readonly publishedAt: string;
  readonly activatedAt: string | null;
  readonly active: boolean;
  readonly replaced: string | null;
  readonly warnings?: readonly string[];
  /** Where it was just put in force by one person although it widens: the act that a second person looks at. */
  readonly unreviewed?: string;
}

export interface ReviewView {
  readonly id: string;
  readonly optOut: string;
  readonly answer: "keep" | "end";
  readonly at: string;
  readonly by: EntityView;
}

/** A way to sign in, as its own person sees it. */
export interface FactorView {
  readonly id: string;
  readonly kind: FactorKind;
  readonly label: string;
  readonly enrolledAt: string;
  readonly usedAt: string | null;
  readonly evidence: AuthenticatorEvidence | null;
  /** Recovery codes that are not used yet. */
  readonly left: number | null;
  /** The identity provider that signs the person in; null: none, it is proved here. */
  readonly issuer: string | null;
}

/** A browser that a person chose to trust. */
export interface DeviceView {
  readonly id: string;
  readonly subject: EntityView;
  readonly label: string;
  readonly state: "trusted" | "ended" | "revoked";
  /** The first registration. */
  readonly registeredAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  /** The session that asks is on it. */
  readonly here: boolean;
}

/** One decision as the live stream and the list show it. */
export interface DecisionView {
  readonly id: string;
  readonly at: string;
  readonly outcome: Outcome;
  readonly subject: EntityView | null;
  readonly action: string;
  readonly resource: EntityView;
  readonly revision: string;
  readonly controls: readonly {
    readonly control: string;
    readonly result: "met" | "waived" | "unmet";
    readonly reason: ReasonCode | null;
    readonly optOut: string | null;
  }[];
  /** The earliest end of what was honoured (RFC 3339), for lines such as "ends 10:00"; null where nothing was. */
  readonly endsAt: string | null;
  readonly rule: string | null;
  /** Time spent deciding, in microseconds. */
  readonly micros: number;
  /** Where the honour stands in the ledger. */
  readonly entry: { readonly index: number; readonly position: number } | null;
  readonly governed: boolean;
}

export interface WhyView {
  readonly decision: DecisionView;
  readonly explanation: Explanation;
  readonly facts: Readonly<Record<string, unknown>>;
  /** What persons said of it since, each their last word. */
  readonly marks: readonly { readonly as: MarkedAs; readonly own: boolean; readonly at: string }[];
}

/** The nodes over one database. An embedded node is alone and lists none. */
export interface NodesView {
  readonly nodes: readonly {
    readonly node: string;
    readonly self: boolean;
    /** How much of the log it has applied. */
    readonly size: number;
    readonly leaseEndsAt: string;
    readonly live: boolean;
  }[];
  /** What this node has seen and the database no longer has; null: nothing. */
  readonly loss: Loss | null;
  readonly entry?: number;
  /** The store's time at which no live node could go against the entry any more; null: not yet. */
  readonly inEffect?: string | null;
}

/** A log that lost its end, counted in entries. */
export interface Loss {
  readonly known: number;
  readonly has: number;
  readonly lost: number;
}

/** What an accepted loss did, so that nothing widens by it. */
export interface AcceptedLoss {
  readonly epoch: number;
  readonly lost: number;
  /** The entry that begins the epoch. */
  readonly entry: number;
  readonly sessionsEnded: number;
  readonly optOutsEnded: number;
  /** Narrowed, or used more often, in the lost end. */
  readonly optOutsSuspended: number;
  readonly locksPlaced: number;
  readonly tokensRevoked: number;
  readonly entitiesDeleted: number;
}

/** A message in a person's own inbox. */
export type InboxView = OptOutInboxView | AccountInboxView;

/** What happened to their account. */
export interface AccountInboxView {
  readonly id: string;
  readonly kind: AccountNoticeKind;
  readonly at: string;
  /** The network that it was done from; null: it is not known any more. */
  readonly from: string | null;
  readonly read: boolean;
}

export interface OptOutInboxView {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly at: string;
  readonly optOut: string;
  readonly control: ControlId;
  readonly resources: readonly string[];
  readonly until: string;
  readonly cause: NoticeCause | null;
  /** Whether the person holds it or answers for it. */
  readonly as: "holder" | "owner";
  /** Null: nobody, or whoever it was has been erased. */
  readonly holder: EntityView | null;
  readonly read: boolean;
}

/** How far a channel has told what happened. */
export interface ChannelView {
  readonly channel: string;
  /** Entries that it has not looked at yet. */
  readonly behind: number;
  readonly toldUntil: string | null;
  readonly failingSince: string | null;
  /** Failures in a row. */
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly why: string | null;
  /** Messages that were given up, ever. */
  readonly givenUp: number;
}

/** An opt-out that ends unless somebody answers its review in time. */
export interface DueReviewView {
  readonly reviewBy: string;
  readonly optOut: OptOutView;
  readonly used: number;
  readonly lastUsedAt: string | null;
  readonly evidence: readonly { readonly code: Evidence; readonly words: string }[];
  /** What the evidence suggests; whoever reviews decides. */
  readonly suggestion: Suggestion;
}

/** What stands against a subject or a device since a signal came. Instants are RFC 3339. */
export interface ConcernView {
  readonly signal: string;
  readonly about: EntityView;
  readonly source: string;
  /** The rule of policy that it came by. */
  readonly rule: string;
  readonly kind: string;
  readonly level: string | null;
  /** When it happened, as its source says, and since when it counts here. */
  readonly happenedAt: string;
  readonly since: string;
  /** When its source said that all is well again; null: it has not. */
  readonly clearedAt: string | null;
  /** Null on both: every opt-out. */
  readonly suspends: {
    readonly controls: readonly string[] | null;
    readonly offers: readonly string[] | null;
  } | null;
  readonly resume: {
    /** When calm will have lasted long enough; null: not by itself, or not yet. */
    readonly calmAt: string | null;
    readonly calmSince: "signal" | "cleared" | null;
    /** The assurance of a proof that ends it; null: none does. */
    readonly stepUp: string | null;
    readonly person: boolean;
  };
}

/** One limit on a session: how long, what set it, in which SessionProfile, and when it ends the session. */
export interface LimitView {
  /** ISO 8601. */
  readonly length: string;
  /** `policy`, the source of the preset that caps it, or `sign-in`. */
  readonly setBy: string;
  /** Null: it was said at the sign-in. */
  readonly profile: string | null;
  readonly endsAt: string;
}

/** One's own session, for its windows: instants are RFC 3339 by the server's clock. */
export type OwnSession =
  | { readonly now: string; readonly state: "none" }
  | {
      readonly now: string;
      readonly state: "live" | "ended" | "revoked";
      readonly id: string;
      readonly acr: Assurance;
      readonly amr: readonly string[];
      readonly authTime: string;
      readonly startedAt: string;
      /** The overall end. */
      readonly expiresAt: string;
      /** The end by inactivity that is in force, an opt-out counted in; null: none is kept. */
      readonly inactivityEndsAt: string | null;
      /** The earlier of the two, and which one it is. */
      readonly endsAt: string;
      readonly endsBy: "inactivity" | "overall";
      /** When its person is warned. */
      readonly warnAt: string;
      /** When a quiet note says that the overall end comes; null where inactivity ends it first. */
      readonly bannerAt: string | null;
      /** An extension would move the end now. */
      readonly canExtend: boolean;
      /** Null: any number. */
      readonly extensionsLeft: number | null;
      readonly limits: { readonly inactivity: LimitView | null; readonly overall: LimitView };
      readonly optOut: {
        readonly id: string;
        /** Null: up to the overall end. */
        readonly inactivity: string | null;
        readonly until: string | null;
        /** It carries the session here, whether or not it has to yet. */
        readonly inForce: boolean;
        readonly ignored: ReasonCode | null;
      } | null;
      /** What ended it; null while it lives, or where that is not known. */
      readonly endedBy: SessionEnd | null;
      /** For what the browser keeps of its person: the same for every live session of theirs, and of nobody else. */
      readonly draftKey?: string;
    };
