import type { EntityName, Role, TokenScope } from "@postern/core";
import { itemsOf } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";
import type { MayWait } from "./unreviewed.ts";

/** What a person is to the deployment. */
export interface RoleGrant {
  readonly id: string;
  readonly person: EntityName;
  readonly role: Role;
  readonly scopes: readonly TokenScope[];
  readonly grantedAt: string;
  readonly state: "waiting" | "held" | "suspended" | "revoked";
}

export interface Roles {
  /** Newest first, those that were taken away too. */
  list(options?: CallOptions): Promise<readonly RoleGrant[]>;
  grant(
    person: EntityName,
    role: Role,
    options?: WriteOptions,
  ): Promise<{ readonly role: RoleGrant } & MayWait>;
  revoke(id: string, options?: WriteOptions): Promise<RoleGrant>;
  /** Turns the single-use bootstrap secret into the first administrator, and a link to come in by. Not tried twice. */
  bootstrap(
    secret: string,
    person: EntityName,
    options?: CallOptions,
  ): Promise<{
    readonly role: RoleGrant;
    readonly invitation: { readonly url: string; readonly expiresAt: string };
  }>;
}

export function roles(transport: Transport): Roles {
  return {
    list: async (options) =>
      itemsOf<RoleGrant>(await transport.json({ ...options, method: "GET", path: "/v1/roles" })),
    grant: async (person, role, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/roles",
        body: { person, role },
      })) as { readonly role: RoleGrant } & MayWait,
    revoke: async (id, options) =>
      (await transport.json({ ...options, method: "DELETE", path: `/v1/roles${path(id)}` })) as RoleGrant,
    bootstrap: async (secret, person, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/roles/bootstrap",
        body: { secret, person },
        keyed: false,
      })) as Awaited<ReturnType<Roles["bootstrap"]>>,
  };
}
