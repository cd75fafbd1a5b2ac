import type { ControlId, EntityName } from "@postern/core";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { path, type Transport, type WriteOptions } from "./transport.ts";
import type { MayWait } from "./unreviewed.ts";

/** What a lock holds shut. `everything` is the one-person brake. */
export type LockRequestTarget =
  | { readonly kind: "everything" }
  | { readonly kind: "control"; readonly control: ControlId }
  | { readonly kind: "offer"; readonly offer: string }
  | { readonly kind: "opt-out"; readonly optOut: string }
  | { readonly kind: "resource"; readonly resource: string }
  | { readonly kind: "subject" | "device"; readonly name: EntityName };

export interface Lock {
  readonly id: string;
  readonly target: Readonly<Record<string, unknown>> & { readonly kind: LockRequestTarget["kind"] };
  /** Null: until it is lifted. */
  readonly until: string | null;
  readonly placedAt: string;
  readonly placedBy: EntityName;
  readonly reason: string | null;
  readonly state: "holds" | "ended" | "lifted";
}

/** Durable at `recorded`; no live node goes against it from `inEffect` on. Null: a node has yet to confirm it. */
export interface PlacedLock extends Lock {
  readonly recorded: string;
  readonly inEffect: string | null;
  readonly entry: number;
}

export interface Locks {
  place(
    given: { readonly target: LockRequestTarget; readonly until?: string; readonly reason?: string },
    options?: WriteOptions,
  ): Promise<PlacedLock>;
  lift(id: string, options?: WriteOptions): Promise<Lock & MayWait>;
  list(query?: PageQuery & { readonly asOf?: string }): Listing<Lock>;
}

export function locks(transport: Transport): Locks {
  return {
    place: async (given, options) =>
      (await transport.json({ ...options, method: "POST", path: "/v1/locks", body: given })) as PlacedLock,
    lift: async (id, options) =>
      (await transport.json({ ...options, method: "DELETE", path: `/v1/locks${path(id)}` })) as Lock &
        MayWait,
    list: ({ signal, ...query } = {}) =>
      listing<Lock>(transport, {
        method: "GET",
        path: "/v1/locks",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}
