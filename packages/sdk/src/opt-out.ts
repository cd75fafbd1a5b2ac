import type { Assurance, Basis, ControlId, EntityName, OptOutState, ReasonCode } from "@postern/core";
import { queried } from "./entity.ts";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { type CallOptions, path, pause, type Transport, type WriteOptions } from "./transport.ts";

export interface Scope {
  readonly actions: readonly string[];
  /** Patterns such as `route:/reports/**`. */
  readonly resources: readonly string[];
}

/** One governed way out of one control. Instants are RFC 3339 in UTC. */
export interface OptOut {
  readonly id: string;
  readonly control: ControlId;
  readonly offer: string;
  readonly basis: Basis;
  readonly state: OptOutState;
  readonly holder: {
    readonly kind: "subject" | "device" | "anonymous";
    readonly subject?: EntityName | null;
    readonly device?: EntityName;
  };
  readonly scope: Scope;
  readonly downTo: Assurance;
  /** Of the inactivity timeout, how long it lets pass without activity; null: up to the overall end, or another control. */
  readonly inactivity: string | null;
  readonly requestedBy: EntityName;
  readonly requestedAt: string;
  readonly reason: string | null;
  /** The four clocks, and the end that no renewal passes. */
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
    /** How many persons still have to agree, at least. */
    readonly left: number;
    /** In words: who still has to agree. */
    readonly missing: readonly string[];
    readonly needed: number;
    readonly given: readonly { readonly by: EntityName; readonly at: string }[];
  };
  /** Why it is granted but not honoured right now, as far as that shows without a request. */
  readonly paused: readonly ReasonCode[];
  readonly revision: string;
  /** Counts edits; an edit names the version that it was made on. */
  readonly version: number;
}

export type RequestedHolder =
  | { readonly kind: "subject"; readonly subject?: EntityName }
  | {
      readonly kind: "device";
      readonly device: EntityName;
      readonly anyone?: boolean;
      readonly subject?: EntityName;
    }
  | { readonly kind: "anonymous" };

export interface OptOutRequest {
  readonly offer: string;
  /** Omitted: the person whose token it is. */
  readonly holder?: RequestedHolder;
  readonly scope?: Scope;
  /** ISO 8601, such as `P7D`. Omitted: the offer's default. */
  readonly length?: string;
  /** RFC 3339 with a zone. Omitted: at once. */
  readonly startsAt?: string;
  readonly reason?: string;
}

/** Durable at `recorded`; no live node honours it any more from `inEffect` on. Null: a node has yet to confirm it. */
export interface Revocation {
  readonly optOut: OptOut;
  readonly recorded: string;
  readonly inEffect: string | null;
  /** Index of its ledger entry. */
  readonly entry: number;
}

export interface OptOutQuery extends PageQuery {
  readonly state?: OptOutState;
  readonly control?: ControlId;
  readonly subject?: EntityName;
  /** RFC 3339: what stood at that instant. */
  readonly asOf?: string;
}

export interface OptOuts {
  /** Asks. A token cannot consent: where consent is needed the request waits for the person. */
  request(request: OptOutRequest, options?: WriteOptions): Promise<OptOut>;
  list(query?: OptOutQuery): Listing<OptOut>;
  get(id: string, options?: CallOptions & { readonly asOf?: string }): Promise<OptOut>;
  /** `version` guards against approving what was changed since one looked. */
  approve(id: string, options?: WriteOptions & { readonly version?: number }): Promise<OptOut>;
  deny(id: string, given?: { readonly reason?: string }, options?: WriteOptions): Promise<OptOut>;
  withdraw(id: string, options?: WriteOptions): Promise<OptOut>;
  renew(
    id: string,
    given?: { readonly length?: string; readonly reason?: string },
    options?: WriteOptions,
  ): Promise<OptOut>;
  narrow(
    id: string,
    given: { readonly scope?: Scope; readonly expiresAt?: string },
    options?: WriteOptions & { readonly version?: number },
  ): Promise<OptOut>;
  suspend(id: string, given?: { readonly reason?: string }, options?: WriteOptions): Promise<OptOut>;
  resume(id: string, options?: WriteOptions): Promise<OptOut>;
  revoke(id: string, given?: { readonly reason?: string }, options?: WriteOptions): Promise<Revocation>;
  /**
   * Waits until nobody has to decide any more and answers what came of it: `scheduled` or `active`, else `denied`,
   * `withdrawn` or `lapsed`. Ends early with the signal's reason.
   */
  wait(id: string, options?: CallOptions & { readonly interval?: number }): Promise<OptOut>;
}

export function optOuts(transport: Transport): OptOuts {
  const act = async (
    id: string,
    verb: string,
    body: unknown,
    options: (WriteOptions & { readonly version?: number }) | undefined,
  ): Promise<unknown> => {
    const { version, ...write } = options ?? {};
    return await transport.json({
      ...write,
      method: "POST",
      path: `/v1/opt-outs${path(id, verb)}`,
      body: body ?? {},
      ...(version === undefined ? {} : { headers: { "if-match": `"${version}"` } }),
    });
  };
  const get: OptOuts["get"] = async (id, { asOf, ...options } = {}) =>
    (await transport.json({
      ...options,
      method: "GET",
      path: `/v1/opt-outs${path(id)}`,
      query: { asOf },
    })) as OptOut;
  return {
    request: async (request, options) =>
      (await transport.json({ ...options, method: "POST", path: "/v1/opt-outs", body: request })) as OptOut,
    list: ({ subject, signal, ...query } = {}) =>
      listing<OptOut>(transport, {
        method: "GET",
        path: "/v1/opt-outs",
        query: { ...query, subject: queried(subject) },
        ...(signal === undefined ? {} : { signal }),
      }),
    get,
    approve: async (id, options) => (await act(id, "approve", {}, options)) as OptOut,
    deny: async (id, given, options) => (await act(id, "deny", given, options)) as OptOut,
    withdraw: async (id, options) => (await act(id, "withdraw", {}, options)) as OptOut,
    renew: async (id, given, options) => (await act(id, "renew", given, options)) as OptOut,
    narrow: async (id, given, options) => (await act(id, "narrow", given, options)) as OptOut,
    suspend: async (id, given, options) => (await act(id, "suspend", given, options)) as OptOut,
    resume: async (id, options) => (await act(id, "resume", {}, options)) as OptOut,
    revoke: async (id, given, options) => (await act(id, "revoke", given, options)) as Revocation,
    wait: async (id, { interval = 1_000, ...options } = {}) => {
      for (;;) {
        const found = await get(id, options);
        if (found.state !== "pending") return found;
        await pause(interval, options.signal);
      }
    },
  };
}
