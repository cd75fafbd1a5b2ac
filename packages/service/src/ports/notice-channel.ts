import type {
  AccountNoticeKind,
  ControlId,
  EntityRef,
  Instant,
  NoticeCause,
  NoticeKind,
  OptOutId,
} from "@postern/core";
import type { EntityView } from "../views.ts";

/** Somebody who is told, and in which part. */
export interface Recipient {
  readonly ref: EntityRef;
  readonly as: "holder" | "owner";
  /** The address that we hold for them; null: none. DANGER: personal, never logged. */
  readonly address: string | null;
}

interface AnyMessage {
  /** The same however often it is sent: receivers know a repetition by it. */
  readonly id: string;
  readonly at: Instant;
  /** Null: the channel's one receiver. */
  readonly to: Recipient | null;
}

/** What happened to an opt-out. */
export interface OptOutMessage extends AnyMessage {
  readonly kind: NoticeKind;
  readonly optOut: OptOutId;
  readonly control: ControlId;
  readonly offer: string;
  readonly resources: readonly string[];
  readonly until: Instant;
  /** For what ended or was refused; null: it was not. */
  readonly cause: NoticeCause | null;
  /** Null: nobody, or whoever it was has been erased. */
  readonly holder: EntityView | null;
  readonly holderRef: EntityRef | null;
}

/** What happened to somebody's account. */
export interface AccountMessage extends AnyMessage {
  readonly kind: AccountNoticeKind;
  readonly subject: EntityRef;
  /** Of the ledger. */
  readonly entry: number;
  /** The network that it was done from; null: it is not known any more. DANGER: personal, never logged. */
  readonly from: string | null;
}

/** One message. It says nothing of policy's rules and holds no secret. */
export type NoticeMessage = OptOutMessage | AccountMessage;

/**
 * `later` is tried again, with growing pauses, and what comes after it waits; where the fault is of this one message,
 * it is given up after some attempts. `never` is not tried again: this message cannot be delivered.
 */
export type Sent =
  | { readonly kind: "delivered" }
  | { readonly kind: "later"; readonly why: string; readonly ofMessage?: true }
  | { readonly kind: "never"; readonly why: string };

/** A way out for notices. Failures are answers; what it throws counts as `later`. */
export interface NoticeChannel {
  /** Names its place in the log: it does not change. */
  readonly name: string;
  /** Whether each recipient gets a message, or one receiver gets them all. */
  readonly each: boolean;
  /** `why` names no person and no address. */
  send(message: NoticeMessage): Promise<Sent>;
}
