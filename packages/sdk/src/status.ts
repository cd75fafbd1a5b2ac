import type { CallOptions, Transport } from "./transport.ts";

/** A node as its operator sees it. */
export interface Status {
  readonly node: Readonly<Record<string, unknown>>;
  /** Why this node honours nothing right now; null: it honours. */
  readonly doubt: { readonly reason: string; readonly detail: string } | null;
  readonly policy: {
    readonly active: string | null;
    /** How the policy directory stands against the revision in force. */
    readonly directory: "none" | "in-force" | "differs" | "does-not-compile";
  };
  readonly ledger: {
    readonly origin: string;
    readonly size: number;
    /** Keys that sign checkpoints, as vkeys (C2SP signed-note). */
    readonly verifierKeys: readonly string[];
    /** Witnesses that are asked to cosign, by name; absent where the server is older. */
    readonly witnesses?: readonly {
      readonly name: string;
      readonly state: "asked" | "cosigns" | "refuses" | "away";
      readonly size: number;
      /** Seconds since 1970. */
      readonly cosignedAt: number | null;
    }[];
  };
  /** What needs a second person's look; absent where the server is older. */
  readonly unreviewed?: { readonly waiting: number; readonly unreviewed: number };
  /** Ways that were asked for and nothing governs; absent where the server is older. */
  readonly coverage?: { readonly ungoverned: number };
  /** Whether security events come and are told; absent where the server is older. */
  readonly signals?: {
    readonly streams: {
      readonly enabled: number;
      readonly paused: number;
      readonly disabled: number;
      readonly inTrouble: number;
      readonly givenUp: number;
      readonly entriesBehind: number;
    };
    readonly transmitters: { readonly named: number; readonly inTrouble: number };
  };
  readonly masterKey: "given" | "generated";
  readonly mode: "development" | "production";
  readonly store: "sqlite" | "postgres";
  readonly trustedProxies: readonly string[];
  readonly gateway: boolean;
}

export type ReadStatus = (options?: CallOptions) => Promise<Status>;

export function status(transport: Transport): ReadStatus {
  return async (options) =>
    (await transport.json({ ...options, method: "GET", path: "/v1/status" })) as Status;
}
