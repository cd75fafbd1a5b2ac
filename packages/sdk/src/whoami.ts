import type { Assurance, EntityName, Role, TokenScope } from "@postern/core";
import type { CallOptions, Transport } from "./transport.ts";

/** Whoever calls, as Postern knows them at this moment. */
export interface Whoami {
  /** Null: an application. */
  readonly person: EntityName | null;
  /** Null: an API token calls. */
  readonly session: string | null;
  readonly token: string | null;
  /** The level of the session now. */
  readonly acr: Assurance | null;
  readonly roles: readonly Role[];
  readonly scopes: readonly TokenScope[];
  readonly expiresAt: string;
}

export type ReadWhoami = (options?: CallOptions) => Promise<Whoami>;

export function whoami(transport: Transport): ReadWhoami {
  return async (options) =>
    (await transport.json({ ...options, method: "GET", path: "/v1/whoami" })) as Whoami;
}

/** Ends the session that the access token is a handle of. */
export type Logout = (options?: CallOptions) => Promise<void>;

export function logout(transport: Transport): Logout {
  return async (options) => {
    await transport.json({ ...options, method: "POST", path: "/v1/logout", body: {} });
  };
}
