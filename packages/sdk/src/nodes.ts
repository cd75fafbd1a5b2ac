import type { CallOptions, Transport, WriteOptions } from "./transport.ts";
import type { Act } from "./unreviewed.ts";

/** One of the nodes over a database. */
export interface ClusterNode {
  readonly node: string;
  /** The node that answered. */
  readonly self: boolean;
  /** Entries that it has applied. */
  readonly size: number;
  /** After this it honours nothing, unless it confirms again. */
  readonly leaseEndsAt: string;
  readonly live: boolean;
}

/** A log that lost its end, counted in entries. */
export interface Loss {
  readonly known: number;
  readonly has: number;
  readonly lost: number;
}

export interface NodeList {
  /** None where one embedded node is all there is. */
  readonly nodes: readonly ClusterNode[];
  /** What the node that answered has seen and the database no longer has; null: nothing. */
  readonly loss: Loss | null;
  readonly entry?: number;
  /** From when no live node can go against `entry`; null: not yet. Present where an entry was asked about. */
  readonly inEffect?: string | null;
}

/** What an accepted loss did, so that nothing widens by it. */
export interface AcceptedLoss {
  readonly epoch: number;
  readonly lost: number;
  /** The entry that begins the epoch. */
  readonly entry: number;
  readonly sessionsEnded: number;
  readonly optOutsEnded: number;
  readonly optOutsSuspended: number;
  readonly locksPlaced: number;
  readonly tokensRevoked: number;
  readonly entitiesDeleted: number;
}

export interface Nodes {
  list(query?: { readonly entry?: number } & CallOptions): Promise<NodeList>;
  /** `lost` names the loss that is accepted, as `list` tells it. Takes an administrator's token. */
  acceptLoss(
    given: { readonly lost: number },
    options?: WriteOptions,
  ): Promise<AcceptedLoss | { readonly waits: Act }>;
  /**
   * Says that this machine's time is right after a jump; ends its doubt. `waits`: a second person has to ask for the
   * same. `at` is control-plane time, RFC 3339.
   */
  acceptTime(options?: WriteOptions): Promise<{ readonly at: string; readonly waits?: Act }>;
}

export function nodes(transport: Transport): Nodes {
  return {
    list: async ({ entry, ...options } = {}) =>
      (await transport.json({
        ...options,
        method: "GET",
        path: "/v1/nodes",
        ...(entry === undefined ? {} : { query: { entry } }),
      })) as NodeList,
    acceptLoss: async (given, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/node/accept-loss",
        body: given,
      })) as AcceptedLoss | { readonly waits: Act },
    acceptTime: async (options) =>
      (await transport.json({ ...options, method: "POST", path: "/v1/time/accept", body: {} })) as {
        readonly at: string;
        readonly waits?: Act;
      },
  };
}
