import type { Assurance, EntityName, TokenScope } from "@postern/core";
import { itemsOf } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";
import type { MayWait } from "./unreviewed.ts";

export interface Token {
  readonly id: string;
  readonly label: string;
  /** Whose it is; null: an application's. */
  readonly person: EntityName | null;
  readonly scopes: readonly TokenScope[];
  /** Resource patterns it is bound to; empty: all. */
  readonly resources: readonly string[];
  /** The ceiling of sessions that it registers. */
  readonly maxAcr: Assurance;
  readonly subjectTypes: readonly string[];
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly state: "waiting" | "live" | "ended" | "revoked";
}

export interface TokenRequest {
  readonly label: string;
  readonly person?: EntityName;
  readonly scopes: readonly TokenScope[];
  readonly resources?: readonly string[];
  readonly maxAcr?: Assurance;
  readonly subjectTypes?: readonly string[];
  /** RFC 3339 with a zone. */
  readonly expiresAt: string;
}

/** `secret` is shown this once; Postern keeps only its hash. */
export interface Issued extends MayWait {
  readonly token: Token;
  readonly secret: string;
}

export interface Tokens {
  issue(request: TokenRequest, options?: WriteOptions): Promise<Issued>;
  revoke(id: string, options?: WriteOptions): Promise<Token>;
  list(options?: CallOptions): Promise<readonly Token[]>;
  /** Turns the single-use bootstrap secret into the first administrator's token. Not tried twice. */
  bootstrap(secret: string, person: EntityName, options?: CallOptions): Promise<Issued>;
}

export function tokens(transport: Transport): Tokens {
  return {
    issue: async (request, options) =>
      (await transport.json({ ...options, method: "POST", path: "/v1/tokens", body: request })) as Issued,
    revoke: async (id, options) =>
      (await transport.json({ ...options, method: "DELETE", path: `/v1/tokens${path(id)}` })) as Token,
    list: async (options) =>
      itemsOf<Token>(await transport.json({ ...options, method: "GET", path: "/v1/tokens" })),
    bootstrap: async (secret, person, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/tokens/bootstrap",
        body: { secret, person },
        keyed: false,
      })) as Issued,
  };
}
