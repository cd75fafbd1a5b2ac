import type { Assurance } from "../vocabulary/assurance.ts";
import type { ControlId } from "../vocabulary/control.ts";
import type { Duration } from "../vocabulary/duration.ts";
import type { DeviceRef, OptOutId, RevisionId, SessionId, SignalId, SubjectRef } from "../vocabulary/id.ts";
import { earlier, type Instant } from "../vocabulary/instant.ts";
import { parseScope, type Scope, type ScopeText, scopeText } from "./scope.ts";

/** Why the organisation lets it be: the person chose, an owner accepts, something compensates, or it burns. */
export type Basis = "preference" | "waiver" | "mitigated" | "emergency";

/**
 * Whose opt-out it is. A device counts only for the subject who consented on it, or, where an owner decided
 * (`subject` null), for anyone on it. The audience `anonymous` has no consent to give.
 */
export type Holder =
  | { readonly kind: "subject"; readonly subject: SubjectRef }
  | { readonly kind: "device"; readonly device: DeviceRef; readonly subject: SubjectRef | null }
  | { readonly kind: "anonymous" };

/** The subject's own yes to an exact text (Law 3), given in the subject's own session. */
export interface Consent {
  readonly disclosure: string;
  readonly locale: string;
  readonly version: number;
  readonly at: Instant;
  readonly session: SessionId;
}

export interface Approval {
  readonly by: SubjectRef;
  readonly at: Instant;
}

/** What has been recorded. `lapsed`, `scheduled`, `active` and `expired` are read off the clock, never stored. */
export type Standing = "pending" | "granted" | "suspended" | "revoked" | "denied" | "withdrawn";

/** What a person sees at an instant. */
export type OptOutState =
  | "pending"
  | "scheduled"
  | "active"
  | "suspended"
  | "expired"
  | "revoked"
  | "denied"
  | "withdrawn"
  | "lapsed";

export const OPT_OUT_STATES: readonly OptOutState[] = [
  "pending",
  "scheduled",
  "active",
  "suspended",
  "expired",
  "revoked",
  "denied",
  "withdrawn",
  "lapsed",
];

/**
 * One governed way out of one control. Holds references and instants only; the reason and other words of
 * people are sealed beside the entry that recorded them.
 */
export interface OptOut {
  readonly id: OptOutId;
  readonly control: ControlId;
  readonly offer: string;
  readonly revision: RevisionId;
  readonly basis: Basis;
  readonly holder: Holder;
  readonly scope: Scope;
  /** The assurance to which it lowers a requirement; meaningless for controls that have none. */
  readonly downTo: Assurance;
  /** Of session time-out: how long without activity it lets pass; null or absent: up to the overall end. */
  readonly inactivity?: Duration | null;
  readonly standing: Standing;
  /** While it is suspended: nobody chose that, but it may have covered less, or been used up, in what was lost. */
  readonly suspendedInDoubt?: boolean;
  /** While a signal suspends it: the last that did. Absent or null: none does. */
  readonly suspendedBy?: SignalId | null;
  /** While a signal suspends it: whether a person, or a doubt, had suspended it too. Then no calm resumes it. */
  readonly suspendedToo?: boolean;
  readonly requestedBy: SubjectRef;
  readonly requestedAt: Instant;
  readonly consentNeeded: boolean;
  readonly consent: Consent | null;
  readonly approvalsNeeded: number;
  readonly approvals: readonly Approval[];
  readonly grantedAt: Instant | null;
  /** The four clocks. */
  readonly decideBy: Instant;
  readonly startsAt: Instant;
  readonly expiresAt: Instant;
  readonly reviewBy: Instant;
  /** Where someone shortened it while it was pending: the grant's length does not pass this either. */
  readonly endsBy?: Instant;
  /** The end that no renewal can pass, counted from the first grant (Law 2). */
  readonly capAt: Instant;
  readonly usesMax: number | null;
  /** Counts edits; a person's edit states the version it was made on. */
  readonly version: number;
}

/** An opt-out as entries and rows hold it: the scope in the words in which it was named. */
export type OptOutBody = Omit<OptOut, "scope"> & { readonly scope: ScopeText };

export function bodyOf(optOut: OptOut): OptOutBody {
  return { ...optOut, scope: scopeText(optOut.scope) };
}

const NO_APPROVALS: readonly Approval[] = [];

/** Reads a body back. A scope that does not parse cannot have been recorded by us: that is thrown. */
export function optOutOf(body: OptOutBody): OptOut {
  const scope = parseScope(body.scope.actions, body.scope.resources);
  if (!scope.ok) throw new TypeError(`the scope of \`${body.id}\` cannot be read: ${scope.refusal}`);
  // Most opt-outs need no approval: they share the empty list.
  const approvals = body.approvals.length === 0 ? NO_APPROVALS : body.approvals;
  return { ...body, scope: scope.value, approvals };
}

export function stateOf(optOut: OptOut, now: Instant): OptOutState {
  switch (optOut.standing) {
    case "pending":
      return now >= optOut.decideBy || now >= optOut.expiresAt ? "lapsed" : "pending";
    case "granted":
      if (hasEnded(optOut, now)) return "expired";
      return now < optOut.startsAt ? "scheduled" : "active";
    case "suspended":
      return hasEnded(optOut, now) ? "expired" : "suspended";
    case "revoked":
    case "denied":
    case "withdrawn":
      return optOut.standing;
    default:
      return optOut.standing satisfies never;
  }
}

/** Suspended after a loss of records, since what it was then is not known. */
export function isInDoubt({ standing, suspendedInDoubt }: OptOut): boolean {
  return standing === "suspended" && suspendedInDoubt === true;
}

/** Suspended by nothing but what signals raised. */
export function isSuspendedBySignal({ standing, suspendedBy, suspendedToo }: OptOut): boolean {
  return standing === "suspended" && suspendedBy != null && suspendedToo !== true;
}

/** When it ends by itself: by its own clock, by the cap, or by a review that nobody answered. */
export function endOf(optOut: Pick<OptOut, "expiresAt" | "capAt" | "reviewBy">): Instant {
  return earlier(earlier(optOut.expiresAt, optOut.capAt), optOut.reviewBy);
}

/** Whether it has ended so. An end that is no number has come. */
export function hasEnded(optOut: OptOut, now: Instant): boolean {
  return !(now < optOut.expiresAt && now < optOut.capAt && now < optOut.reviewBy);
}

/**
 * Whether the choices that it needs are there (Law 3): the consent of its subject, and the approvals of as many
 * persons, none of whom asked for it or holds it.
 */
export function isChosen(optOut: OptOut): boolean {
  const { approvals, approvalsNeeded, holder, requestedBy } = optOut;
  if (optOut.consentNeeded && optOut.consent === null) return false;
  if (approvals.length === 0) return approvalsNeeded === 0;
  const subject = holder.kind === "anonymous" ? null : holder.subject;
  if (approvals.some(({ by }) => by === requestedBy || by === subject)) return false;
  return new Set(approvals.map(({ by }) => by)).size >= approvalsNeeded;
}

export function isLive(optOut: OptOut, now: Instant): boolean {
  const state = stateOf(optOut, now);
  return state === "pending" || state === "scheduled" || state === "active" || state === "suspended";
}

/** The key under which opt-outs of one holder are found. */
export type HolderKey = SubjectRef | DeviceRef | "anonymous";

export function holderKey(holder: Holder): HolderKey {
  switch (holder.kind) {
    case "subject":
      return holder.subject;
    case "device":
      return holder.device;
    case "anonymous":
      return "anonymous";
    default:
      return holder satisfies never;
  }
}

/** Everyone and everything that it rests on: the device and its person; the audience. */
export function holderRefs(holder: Holder): readonly HolderKey[] {
  return holder.kind === "device" && holder.subject !== null
    ? [holder.device, holder.subject]
    : [holderKey(holder)];
}

/** At most this many requests by one person wait for a decision. */
export const MOST_WAITING_REQUESTS = 200;

/** At most this many live opt-outs for one holder and control. */
export const MOST_LIVE_OPT_OUTS = 50;
