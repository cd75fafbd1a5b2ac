import type { Result } from "@postern/core";
import type { Caller } from "../caller.ts";
import type { Problem } from "../problem.ts";
import type { OutboundEvent } from "./outbound.ts";
import type { StoredStream } from "./registry.ts";

type Outcomes<Value> = Promise<Result<Value, Problem>>;

/** A stream as its receiver sees it. */
export interface StreamView {
  readonly id: string;
  readonly audience: string;
  readonly method: "push" | "poll";
  /** Of a push. */
  readonly endpoint: string | null;
  /** Addresses of events: those that are sent, and all that could be. */
  readonly requested: readonly string[];
  readonly supported: readonly string[];
  readonly description: string | null;
  readonly status: "enabled" | "paused" | "disabled";
  readonly reason: string | null;
}

/** A stream as whoever runs this sees it: nobody that it tells of is named. */
export interface StreamStanding {
  readonly id: string;
  readonly audience: string;
  readonly method: "push" | "poll";
  readonly endpoint: string | null;
  readonly status: "enabled" | "paused" | "disabled";
  readonly reason: string | null;
  /** Events that wait to be taken; `backlogMore`: at least so many. */
  readonly backlog: number;
  readonly backlogMore: boolean;
  /** Why the last push did not arrive, how often in a row, and when it is tried again; null: nothing failed. */
  readonly trouble: string | null;
  readonly attempts: number;
  readonly nextAt: string | null;
  /** Events that the receiver refused for good. */
  readonly givenUp: number;
}

/** Over all streams. */
export interface StreamCounts {
  readonly enabled: number;
  readonly paused: number;
  readonly disabled: number;
  readonly inTrouble: number;
  readonly givenUp: number;
  /** Entries of the ledger that the one which is furthest behind has not come past. */
  readonly entriesBehind: number;
}

export type PushOutcome =
  | { readonly kind: "accepted" }
  /** For good: it is not sent again. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "later"; readonly why: string };

/**
 * Streams of security events to others (SSF 1.0). What they tell follows from the ledger, from where each receiver
 * stands in it: at least once, in order, with the same name every time.
 */
export interface StreamService {
  /** Addresses of the events that our own state tells. */
  readonly supported: readonly string[];
  /** For the receiver that the caller's token names by its label, which is the audience of what is sent. */
  create(
    caller: Caller,
    given: {
      readonly delivery: StoredStream["delivery"];
      readonly requested: readonly string[];
      readonly description: string | null;
    },
  ): Outcomes<StreamView>;
  list(caller: Caller): Outcomes<readonly StreamView[]>;
  /** Of all receivers, for administrators. */
  standing(caller: Caller): Outcomes<readonly StreamStanding[]>;
  counts(): Promise<StreamCounts>;
  get(caller: Caller, id: string): Outcomes<StreamView>;
  update(
    caller: Caller,
    id: string,
    given: {
      readonly delivery?: StoredStream["delivery"];
      readonly requested?: readonly string[];
      readonly description?: string | null;
    },
  ): Outcomes<StreamView>;
  remove(caller: Caller, id: string): Outcomes<null>;
  /** Paused: what happens is kept. Disabled: it is not. */
  setStatus(
    caller: Caller,
    id: string,
    status: StoredStream["status"],
    reason: string | null,
  ): Outcomes<StreamView>;
  /** `subject` by RFC 9493. Says nothing of whether it is known. */
  setSubject(caller: Caller, id: string, subject: unknown, follows: boolean): Outcomes<null>;
  verify(caller: Caller, id: string, state: string | null): Outcomes<null>;
  /** RFC 8936. Waits for up to half a minute where nothing is there, unless it is to return at once. */
  poll(
    caller: Caller,
    id: string,
    given: {
      readonly ack: readonly string[];
      readonly setErrs: readonly (readonly [jti: string, error: { readonly err: string }])[];
      readonly most: number | null;
      readonly returnImmediately: boolean;
      readonly gone: () => boolean;
    },
  ): Outcomes<{
    readonly audience: string;
    readonly events: readonly OutboundEvent[];
    readonly more: boolean;
  }>;
  /** Pushes by `send` from now on; the answer stops it. */
  deliver(
    send: (
      to: { readonly endpoint: string; readonly authorization: string | null; readonly audience: string },
      event: OutboundEvent,
    ) => Promise<PushOutcome>,
  ): () => Promise<void>;
}
