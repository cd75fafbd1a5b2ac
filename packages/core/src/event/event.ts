import type { Lock } from "../opt-out/lock.ts";
import type { AccountNoticeKind, NoticeKind } from "../opt-out/notice.ts";
import type { Approval, Consent, OptOutBody } from "../opt-out/record.ts";
import type { ScopeText } from "../opt-out/scope.ts";
import type { Device } from "../session/device.ts";
import type { Factor, FactorUse, Method } from "../session/factor.ts";
import type { ProvenMethod } from "../session/ladder.ts";
import type { Session, SessionEnd } from "../session/session.ts";
import type { ComplianceStatement } from "../signal/compliance.ts";
import type { Concern } from "../signal/concern.ts";
import type { SignalKind } from "../signal/kind.ts";
import type { SignalLevel } from "../signal/statement.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type {
  ActId,
  DecisionId,
  DeviceRef,
  EntityRef,
  FactorId,
  LockId,
  OptOutId,
  ReviewId,
  RevisionId,
  RoleId,
  SessionId,
  SignalId,
  StreamId,
  SubjectRef,
  TokenId,
} from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { Act, Alone, Unreviewed } from "./act.ts";
import type { MarkedAs } from "./mark.ts";
import type { RoleGrant } from "./role.ts";
import type { Token } from "./token.ts";

/** Who did it, by reference: a person in a session or through a token, or Postern itself. */
export interface Actor {
  /** Null: no person (an application's own token, or the system). */
  readonly person: SubjectRef | null;
  readonly via: TokenId | SessionId | "system";
  /** Of an operator's session: the grants that what it may do rests on. Absent: it acts for its own person alone. */
  readonly roles?: readonly RoleId[];
}

/** One honour within a commit: `DecisionId` names it, its position in the entry locates it. */
export interface Honour {
  readonly decision: DecisionId;
  readonly optOuts: readonly OptOutId[];
  readonly revision: RevisionId;
  /** The subject, or the visit of a visitor. */
  readonly who: string;
  readonly session: SessionId | null;
}

/** An entity as hot rows hold it: its name and attributes are inside `box`, under its own key. */
export interface Entity {
  readonly ref: EntityRef;
  readonly type: string;
  /** Keyed hash of type and id, to find it again without the name. */
  readonly blind: string;
  /** Base64 of the sealed `{type, id, attributes}`. */
  readonly box: string;
  /** Verified states and since when. */
  readonly states: Readonly<Record<string, Instant>>;
  /** Devices only; null: nobody has said. */
  readonly shared: boolean | null;
  readonly deletedAt: Instant | null;
  /** What signals have raised against it and has not been cleared; absent: nothing. */
  readonly concerns?: readonly Concern[];
  /** What sources last said of whether it complies; absent: nobody has said anything. */
  readonly compliance?: readonly ComplianceStatement[];
}

export interface Review {
  readonly id: ReviewId;
  readonly optOut: OptOutId;
  readonly answer: "keep" | "end";
  readonly by: SubjectRef;
  readonly at: Instant;
}

/** What ended a concern. */
export type ConcernEnd = "calm" | "step-up" | "person" | "signal";

export interface RevisionRecord {
  readonly id: RevisionId;
  readonly publishedAt: Instant;
  readonly publishedBy: SubjectRef | null;
  readonly activatedAt: Instant | null;
  readonly active: boolean;
  /** The revision that this one replaced when it was last activated. */
  readonly replaced: RevisionId | null;
}

/** Everything that can happen. Closed: a reader that meets another type must stop, not guess. */
export type Event =
  | { readonly type: "ledger.opened"; readonly origin: string; readonly checkpointKey: string }
  | {
      readonly type: "key.rotated";
      readonly key: string;
      readonly epoch: number;
      /** The smallest tree size that a checkpoint key signs. */
      readonly sinceSize: number;
      readonly publicKey: string | null;
      readonly note: string | null;
    }
  | ({ readonly type: "time.accepted"; readonly wall: Instant; readonly behind: number } & Unreviewed)
  /** The database lost the end of its log, or was put back: an administrator goes on from what it has. */
  | ({
      readonly type: "epoch.accepted";
      readonly epoch: number;
      /** Entries that are known to have been there and are lost; 0: none are known. */
      readonly lost: number;
    } & Unreviewed)
  /** The log goes on elsewhere, from a backup that was restored, in this epoch: nothing follows here. */
  | { readonly type: "epoch.fenced"; readonly epoch: number }
  | ({ readonly type: "token.issued"; readonly token: Token } & Unreviewed)
  | { readonly type: "token.revoked"; readonly token: TokenId }
  | ({ readonly type: "role.granted"; readonly grant: RoleGrant } & Unreviewed)
  | {
      readonly type: "role.revoked";
      readonly grant: RoleId;
      readonly cause: "operator" | "replaced" | "entity-deleted" | "lost-tail";
    }
  | {
      readonly type: "entity.put";
      readonly entity: Omit<Entity, "box" | "blind">;
      readonly attributes: string;
    }
  | { readonly type: "entity.deleted"; readonly entity: EntityRef }
  | {
      readonly type: "policy.published";
      readonly revision: RevisionId;
      readonly publishedBy: SubjectRef | null;
      /** Proposed anew: as one that never was in force. Absent in entries of before, which changed its publisher alone. */
      readonly anew?: true;
    }
  | {
      readonly type: "policy.activated";
      readonly revision: RevisionId;
      readonly replaces: RevisionId | null;
      readonly wider: readonly string[];
      readonly unreviewed: boolean;
      readonly alone?: Alone;
    }
  | {
      readonly type: "policy.rolled-back";
      readonly revision: RevisionId;
      readonly replaces: RevisionId;
      readonly wider: readonly string[];
      readonly unreviewed: boolean;
      readonly alone?: Alone;
    }
  | { readonly type: "session.registered"; readonly session: Session; readonly handle: string }
  | {
      readonly type: "session.raised";
      readonly session: SessionId;
      readonly acr: Session["acr"];
      readonly amr: readonly string[];
      readonly authTime: Instant;
      readonly expiresAt: Instant;
      readonly handle: string;
      /** Absent where an application vouches for the level. */
      readonly methods?: readonly ProvenMethod[];
    }
  | {
      readonly type: "session.revoked";
      readonly session: SessionId;
      readonly cause: SessionEnd;
    }
  /** The same session under a new secret. The one before is taken for a moment longer. */
  | { readonly type: "session.rotated"; readonly session: SessionId; readonly handle: string }
  /** Risk rose: this SessionProfile applies to the session from now on, until its person reauthenticates. */
  | { readonly type: "session.shortened"; readonly session: SessionId; readonly profile: string }
  /** An operator, or whoever is at it, said whether others use the browser of a session too. */
  | { readonly type: "session.marked"; readonly session: SessionId; readonly shared: boolean }
  /** A person chose to trust the browser of this session. */
  | {
      readonly type: "device.registered";
      readonly device: Omit<Device, "box" | "blind">;
      readonly session: SessionId;
    }
  /** A later session is on a trusted device: its key was proved there. */
  | { readonly type: "device.bound"; readonly device: DeviceRef; readonly session: SessionId }
  | { readonly type: "device.renewed"; readonly device: DeviceRef; readonly expiresAt: Instant }
  | { readonly type: "device.renamed"; readonly device: DeviceRef }
  | {
      readonly type: "device.revoked";
      readonly device: DeviceRef;
      readonly cause: "person" | "operator" | "shared" | "recovery" | "entity-deleted" | "lost-tail";
    }
  | { readonly type: "factor.enrolled"; readonly factor: Omit<Factor, "box" | "blind"> }
  | { readonly type: "factor.renamed"; readonly factor: FactorId }
  | {
      readonly type: "factor.removed";
      readonly factor: FactorId;
      readonly cause:
        | "person"
        | "operator"
        | "replaced"
        | "used"
        | "recovery"
        | "entity-deleted"
        | "lost-tail";
    }
  /** Null: it was used to change factors, within a session that it did not raise. */
  | { readonly type: "factor.used"; readonly use: FactorUse; readonly session: SessionId | null }
  /** Sign-in to an account is slowed down; said once an hour at most, and only of accounts that exist. */
  | { readonly type: "sign-in.throttled"; readonly subject: SubjectRef }
  /**
   * A code or refresh token of a session came a second time, so somebody else may have it: what was handed out by it has
   * ended. Said once an hour of a session at most.
   */
  | { readonly type: "sign-in.token-reused"; readonly subject: SubjectRef; readonly session: SessionId }
  /** Somebody read the code that was mailed for a recovery. It opens nothing yet; `from` is sealed beside it. */
  | { readonly type: "recovery.begun"; readonly subject: SubjectRef }
  /** A new way to sign in was enrolled by recovery, and all that rested on the old ones ended with it. */
  | {
      readonly type: "recovery.finished";
      readonly subject: SubjectRef;
      /** What was proved beside the mailed code; empty: that was enough. */
      readonly proved: readonly Method[];
    }
  | { readonly type: "opt-out.requested"; readonly optOut: OptOutBody }
  | {
      readonly type: "opt-out.refused";
      readonly control: ControlId | null;
      readonly offer: string | null;
      readonly code: string;
    }
  | { readonly type: "opt-out.consented"; readonly optOut: OptOutId; readonly consent: Consent }
  | { readonly type: "opt-out.approved"; readonly optOut: OptOutId; readonly approval: Approval }
  | {
      readonly type: "opt-out.granted";
      readonly optOut: OptOutId;
      readonly startsAt: Instant;
      readonly expiresAt: Instant;
      readonly reviewBy: Instant;
      readonly capAt: Instant;
      readonly unreviewed: boolean;
    }
  | { readonly type: "opt-out.denied"; readonly optOut: OptOutId }
  | { readonly type: "opt-out.withdrawn"; readonly optOut: OptOutId }
  | {
      readonly type: "opt-out.renewed";
      readonly optOut: OptOutId;
      readonly expiresAt: Instant;
      readonly reviewBy: Instant;
      readonly consent: Consent | null;
    }
  | {
      readonly type: "opt-out.narrowed";
      readonly optOut: OptOutId;
      readonly scope: ScopeText;
      readonly expiresAt: Instant;
      readonly approvalsVoided: boolean;
    }
  | {
      readonly type: "opt-out.suspended";
      readonly optOut: OptOutId;
      readonly cause: "person" | "operator" | "lost-tail";
    }
  /** A signal suspends it, whatever it was before: `signal` names the one, which may have come before it was granted. */
  | {
      readonly type: "opt-out.suspended";
      readonly optOut: OptOutId;
      readonly cause: "signal";
      readonly signal: SignalId;
    }
  | {
      readonly type: "opt-out.resumed";
      readonly optOut: OptOutId;
      /** Nothing that a signal raised covers it any more, and by what the last of it was cleared; absent: a person resumed it. */
      readonly cause?: ConcernEnd;
    }
  | {
      readonly type: "opt-out.revoked";
      readonly optOut: OptOutId;
      readonly cause: "person" | "operator" | "review" | "entity-deleted" | "state-lost" | "lost-tail";
    }
  | { readonly type: "opt-out.reviewed"; readonly review: Review; readonly reviewBy: Instant | null }
  /** A message that a channel could not bring to anybody, and that is not tried again. */
  | {
      readonly type: "notice.given-up";
      readonly channel: string;
      readonly message: string;
      /** Null: it was about an account. */
      readonly optOut: OptOutId | null;
      readonly notice: NoticeKind | AccountNoticeKind;
    }
  /** A signal came from a source that policy listens to. What it says of a person beyond this is sealed. */
  | {
      readonly type: "signal.received";
      readonly signal: SignalId;
      readonly source: string;
      readonly kind: SignalKind;
      readonly level: SignalLevel | null;
      readonly amiss: boolean;
      /** When it happened, as its source says. */
      readonly happenedAt: Instant;
      /** Of whom or what it speaks. */
      readonly about: EntityRef;
      /** What stands from now on; each takes the place of one of the same matter. */
      readonly concerns: readonly Concern[];
      /** What its source says of the device's compliance from now on; absent: nothing new. */
      readonly compliant?: boolean;
    }
  | {
      readonly type: "signal.cleared";
      readonly about: EntityRef;
      readonly signal: SignalId;
      /** The rule of the concern that is over. */
      readonly rule: string;
      readonly source: string;
      readonly cause: ConcernEnd;
    }
  /** Another party is told of what happens here from now on, and is not told any more. */
  | {
      readonly type: "stream.opened" | "stream.closed";
      readonly stream: StreamId;
      readonly delivery: "push" | "poll";
    }
  | { readonly type: "lock.placed"; readonly lock: Lock }
  | ({ readonly type: "lock.lifted"; readonly lock: LockId } & Unreviewed)
  /** A person asks for a widening act: it waits for a second one. */
  | { readonly type: "act.requested"; readonly act: Omit<Act, "standing" | "decidedBy" | "decidedAt"> }
  /** The second person's word, on an act that waits or on one that happened unreviewed. */
  | { readonly type: "act.confirmed"; readonly act: ActId; readonly person: SubjectRef }
  | { readonly type: "act.denied"; readonly act: ActId; readonly person: SubjectRef }
  | { readonly type: "decision.honoured"; readonly honours: readonly Honour[] }
  /** Somebody looked back at a challenge or a denial, and says whether it was needed. No decision rests on it. */
  | {
      readonly type: "decision.marked";
      readonly decision: DecisionId;
      readonly person: SubjectRef;
      readonly own: boolean;
      readonly as: MarkedAs;
    }
  /** The same of a signal that stands, and of the rules by which it stands. */
  | {
      readonly type: "signal.marked";
      readonly signal: SignalId;
      readonly rules: readonly string[];
      readonly person: SubjectRef;
      readonly own: boolean;
      readonly as: MarkedAs;
    };

export type EventType = Event["type"];
