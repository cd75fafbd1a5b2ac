import type { Lock } from "../opt-out/lock.ts";
import type { OptOut } from "../opt-out/record.ts";
import type { Attributes, Row } from "../policy/condition/index.ts";
import type { AttributeDeclarations } from "../policy/revision.ts";
import type { Contribution } from "../risk/assessment.ts";
import type { Requirable, Signals } from "../risk/signal.ts";
import type { DeviceTrust } from "../session/device.ts";
import type { Session } from "../session/session.ts";
import type { Concern } from "../signal/concern.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { EntityName } from "../vocabulary/entity.ts";
import type { DeviceRef, OptOutId, SubjectRef } from "../vocabulary/id.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";

/** What an enforcement point asks. Attributes are already typed as policy declares them; others are gone. */
export interface DecisionRequest {
  /** Null: a visitor whom nobody has named. */
  readonly subject: EntityName | null;
  readonly action: string;
  /** `segments` are those of the canonical id; null where a path has no canonical form. */
  readonly resource: {
    readonly type: string;
    readonly id: string;
    readonly segments: readonly string[] | null;
  };
  readonly given: {
    readonly subject: Attributes;
    readonly resource: Attributes;
    readonly action: Attributes;
    readonly context: Attributes;
  };
  /** Someone acts for the subject: its opt-outs are not theirs. */
  readonly delegated: boolean;
  /** The address of the client as the enforcement point saw it; used for budgets and conditions. */
  readonly network: string | null;
}

/** Attributes as the conditions of one policy read them, so that a decision need not look each up by name. */
export interface LaidOut {
  readonly declared: AttributeDeclarations;
  readonly row: Row;
}

export interface SubjectFacts {
  readonly ref: SubjectRef;
  readonly attributes: Attributes;
  /** Verified states now held. */
  readonly states: ReadonlySet<string>;
  /** What signals raised against it; absent: nothing. */
  readonly concerns?: readonly Concern[];
  readonly laidOut?: LaidOut;
}

export interface DeviceFacts {
  readonly ref: DeviceRef;
  readonly id: string;
  readonly attributes: Attributes;
  /** Null where nobody has said: then it counts as shared. */
  readonly shared: boolean | null;
  /** Null or absent: it was not registered with a key, and nothing can be proved of it. */
  readonly trust?: DeviceTrust | null;
  /** What signals raised against it; absent: nothing. */
  readonly concerns?: readonly Concern[];
  readonly laidOut?: LaidOut;
}

/** What the risk of a request rests on, worked out when a profile, session, device or network changes. */
export interface RiskFacts {
  readonly signals: Signals;
  /** The signals as conditions read them; see `rowOfSignals`. */
  readonly row: Row;
  /** What the model of the policy finds by itself. */
  readonly found: readonly Contribution[];
  /** Their sum; see `sumOf`. */
  readonly sum: number;
  /** Signals that the policy requires and that are not there. */
  readonly missing: readonly Requirable[];
  /** Whether anything is known of the subject's past sign-ins. */
  readonly history: boolean;
}

export interface OptOutIndex {
  /** All opt-outs of one holder for one control, ended ones possibly among them. */
  find(holder: string, control: ControlId): readonly OptOut[];
}

/** What is known, all of it in memory. The same request, facts, policy and now give the same decision. */
export interface Facts {
  /** The session presented, live or not; null where none was or its secret matched nothing. */
  readonly session: Session | null;
  readonly subject: SubjectFacts | null;
  readonly device: DeviceFacts | null;
  /** Absent: nobody has looked, and where policy asks for a score the risk is unknown. */
  readonly risk?: RiskFacts;
  /** What we hold about the resource. */
  readonly resource: Attributes;
  readonly optOuts: OptOutIndex;
  /** Every lock not yet lifted: few, and each beats everything. */
  readonly locks: readonly Lock[];
  /** Uses recorded so far of an opt-out. */
  uses(optOut: OptOutId): number;
  /** Whether the anonymous budget of an offer is spent for this network. */
  budgetSpent(offer: string): boolean;
  /** A standing reason why this node may honour nothing (stale, clock distrusted, tampered); null: none. */
  readonly doubt: ReasonCode | null;
}

export const NO_ATTRIBUTES: Attributes = new Map();
