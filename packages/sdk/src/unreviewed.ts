import type { EntityName } from "@postern/core";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { path, type Transport, type WriteOptions } from "./transport.ts";

/** What widens and so takes two persons, and how it stands. */
export interface Act {
  readonly id: string;
  /** The whole of what a second person confirms. */
  readonly what: Readonly<Record<string, unknown>> & {
    readonly kind: "policy" | "token" | "role" | "lock" | "time" | "loss";
  };
  /** `waiting`: nothing has happened. `unreviewed`: one person did it alone, since there was no second. */
  readonly state: "waiting" | "unreviewed" | "confirmed" | "denied" | "lapsed";
  readonly by: EntityName;
  readonly at: string;
  /** Null: it happened already. */
  readonly decideBy: string | null;
  readonly decidedBy: EntityName | null;
  readonly decidedAt: string | null;
}

/** `waits` is there where nothing has happened yet: a second person has to confirm it. */
export interface MayWait {
  readonly waits?: Act;
}

export interface UnreviewedActs {
  /** Without `state`: those that wait or are unreviewed. */
  list(query?: PageQuery & { readonly state?: Act["state"] }): Listing<Act>;
  confirm(id: string, options?: WriteOptions): Promise<Act>;
  /** Of what waits. */
  deny(id: string, options?: WriteOptions): Promise<Act>;
}

export function unreviewed(transport: Transport): UnreviewedActs {
  const say = async (id: string, word: "confirm" | "deny", options?: WriteOptions): Promise<Act> =>
    (await transport.json({
      ...options,
      method: "POST",
      path: `/v1/unreviewed${path(id)}/${word}`,
      body: {},
    })) as Act;
  return {
    list: ({ signal, ...query } = {}) =>
      listing<Act>(transport, {
        method: "GET",
        path: "/v1/unreviewed",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    confirm: (id, options) => say(id, "confirm", options),
    deny: (id, options) => say(id, "deny", options),
  };
}
