import type { EntityName } from "@postern/core";
import type { Mark } from "./mark.ts";
import { itemsOf, type Listing, listing, type PageQuery } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** A security signal as a CloudEvent 1.0. */
export interface Signal {
  /** The same twice from one source is one signal. */
  readonly id: string;
  readonly source: string;
  /** A kind by its name in CAEP or RISC, or by its address there. */
  readonly type: string;
  /** `type:id`. */
  readonly subject?: string;
  /** RFC 3339: when it happened. */
  readonly time: string;
  /** The claims of the event, as CAEP and RISC name them. */
  readonly data?: Readonly<Record<string, unknown>> & {
    readonly device?: EntityName;
    readonly session?: string;
  };
}

/** In force for every decision that starts after it was answered, on that node; on the others within the lease. */
export interface SignalReceipt {
  readonly signal: string | null;
  readonly outcome: "in-force" | "recorded" | "coalesced" | "outdated" | "unmatched" | "not-mapped";
  readonly suspended: number;
  readonly sessionsEnded: number;
  readonly entry: number | null;
  readonly repeated: boolean;
}

/** What stands against a subject or a device since a signal came. */
export interface Concern {
  readonly signal: string;
  readonly about: EntityName;
  readonly source: string;
  readonly rule: string;
  readonly kind: string;
  readonly level: string | null;
  readonly happenedAt: string;
  readonly since: string;
  readonly clearedAt: string | null;
  /** Null on both: every opt-out. */
  readonly suspends: {
    readonly controls: readonly string[] | null;
    readonly offers: readonly string[] | null;
  } | null;
  readonly resume: {
    readonly calmAt: string | null;
    readonly calmSince: "signal" | "cleared" | null;
    readonly stepUp: string | null;
    readonly person: boolean;
  };
}

/** A transmitter of Shared Signals that is listened to. */
export interface SignalTransmitter {
  readonly id: string;
  readonly issuer: string;
  readonly delivery: "push" | "poll";
  readonly stream: string | null;
  readonly state: "unmanaged" | "connecting" | "connected" | "verified";
  readonly said: string | null;
  readonly trouble: string | null;
}

/** A stream over which a receiver is told of what happens here. */
export interface SignalStream {
  readonly id: string;
  readonly audience: string;
  readonly method: "push" | "poll";
  readonly endpoint: string | null;
  readonly status: "enabled" | "paused" | "disabled";
  readonly reason: string | null;
  /** Events that wait; `backlogMore`: at least so many. */
  readonly backlog: number;
  readonly backlogMore: boolean;
  readonly trouble: string | null;
  readonly attempts: number;
  readonly nextAt: string | null;
  /** Events that the receiver refused for good. */
  readonly givenUp: number;
}

export interface Signals {
  send(signal: Signal, options?: WriteOptions): Promise<SignalReceipt>;
  /** Newest first. */
  standing(query?: PageQuery & { readonly about?: string }): Listing<Concern>;
  clear(
    id: string,
    given?: { readonly reason?: string },
    options?: WriteOptions,
  ): Promise<{ readonly resumed: number }>;
  /** Says whether a signal that stands was right. */
  mark(id: string, as: Mark["as"], options?: WriteOptions): Promise<Mark>;
  transmitters(options?: CallOptions): Promise<readonly SignalTransmitter[]>;
  streams(options?: CallOptions): Promise<readonly SignalStream[]>;
}

export function signals(transport: Transport): Signals {
  return {
    send: async (signal, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/signals",
        body: { specversion: "1.0", ...signal },
      })) as SignalReceipt,
    standing: ({ signal, ...query } = {}) =>
      listing<Concern>(transport, {
        method: "GET",
        path: "/v1/signals",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    clear: async (id, given = {}, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/signals${path(id, "clear")}`,
        body: given,
      })) as { readonly resumed: number },
    mark: async (id, as, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/signals${path(id, "mark")}`,
        body: { as },
      })) as Mark,
    transmitters: async (options) =>
      itemsOf<SignalTransmitter>(
        await transport.json({ ...options, method: "GET", path: "/v1/signals/transmitters" }),
      ),
    streams: async (options) =>
      itemsOf<SignalStream>(await transport.json({ ...options, method: "GET", path: "/v1/signals/streams" })),
  };
}
