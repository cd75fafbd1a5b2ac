import type { ActId, LockId, RevisionId, SubjectRef } from "../vocabulary/id.ts";
import type { Instant } from "../vocabulary/instant.ts";
import type { RoleGrant } from "./role.ts";
import type { Token } from "./token.ts";

/**
 * What widens and so takes two persons (Law 9), in full: whoever confirms it confirms exactly this. It is never
 * edited; another content is another act.
 */
export type Widening =
  | { readonly kind: "policy"; readonly revision: RevisionId }
  /** A token that rules, or that speaks in another person's name. Its secret was shown to whoever asked. */
  | { readonly kind: "token"; readonly token: Token }
  /** A role that rules over others, or whose bearer's word is one of two. */
  | { readonly kind: "role"; readonly grant: RoleGrant }
  | { readonly kind: "lock"; readonly lock: LockId }
  | { readonly kind: "time"; readonly behind: number }
  | { readonly kind: "loss"; readonly lost: number };

/**
 * One person's part in a widening act. `waiting`: nothing has happened yet. `unreviewed`: it happened with one
 * person, since there was no second. `confirmed` and `denied` are the second person's word.
 */
export interface Act {
  readonly id: ActId;
  readonly what: Widening;
  readonly by: SubjectRef;
  readonly at: Instant;
  /** Waiting acts lapse then; null: it happened, and waits for its review without an end. */
  readonly decideBy: Instant | null;
  readonly standing: "waiting" | "unreviewed" | "confirmed" | "denied";
  readonly decidedBy: SubjectRef | null;
  readonly decidedAt: Instant | null;
}

/**
 * On the entry of a widening act that one person did alone, because there was no second: who, and under which id a
 * second person's review is awaited.
 */
export interface Alone {
  readonly act: ActId;
  readonly person: SubjectRef;
}

/** Omitted: one person may do it, or two did. */
export interface Unreviewed {
  readonly unreviewed?: true;
  readonly alone?: Alone;
}
