import type { ControlId, ReasonCode } from "@postern/core";
import type { By, Where } from "../messages/messages.ts";

// What the pages show. All instants are epoch milliseconds, all lengths milliseconds.

export type State =
  | "pending"
  | "scheduled"
  | "active"
  | "suspended"
  | "expired"
  | "revoked"
  | "denied"
  | "withdrawn"
  | "lapsed";

export interface Opening {
  readonly id: string;
  readonly control: ControlId;
  /** Resource patterns, as policy writes them. */
  readonly resources: readonly string[];
  readonly actions: readonly string[];
  readonly where: Where;
  readonly state: State;
  readonly by: By;
  readonly requestedAt: number;
  readonly decideBy: number;
  readonly startsAt: number;
  readonly expiresAt: number;
  readonly reviewBy: number;
  readonly capAt: number;
  readonly paused: readonly ReasonCode[];
  readonly used: number;
  readonly usesMax: number | null;
  readonly reason: string | null;
  readonly consentNeeded: boolean;
  readonly consentedAt: number | null;
  readonly approvalsLeft: number;
}

export interface Offered {
  readonly name: string;
  /** What the offer calls itself to its readers; null where it says nothing to them. */
  readonly title: string | null;
  readonly control: ControlId;
  readonly resources: readonly string[];
  /** False: only watched, so it cannot be chosen. */
  readonly open: boolean;
}

export interface Kept {
  readonly name: string;
  readonly resources: readonly string[];
  readonly sensitive: boolean;
}

/** What a form carries so that it works once, from its own page only. */
export interface FormKey {
  readonly action: string;
  readonly nonce: string;
}

export interface ShownDisclosure {
  readonly locale: string;
  readonly hash: string;
  readonly title: string;
  readonly stops: string;
  readonly protects: string;
  readonly until: string;
  readonly undo: string;
  readonly more: string | null;
}

/** Whether it waits for this person's own answer. */
export function waitsForConsent(opening: Opening): boolean {
  return opening.state === "pending" && opening.consentNeeded && opening.consentedAt === null;
}

/** The person's own attempt that ended before they could agree: they have not taken anything back. */
export function isUnfinished({ state, by, consentNeeded, consentedAt }: Opening): boolean {
  return state === "withdrawn" && by === "you" && consentNeeded && consentedAt === null;
}

export function isOpen(opening: Opening): boolean {
  return opening.state === "active" && opening.paused.length === 0;
}
