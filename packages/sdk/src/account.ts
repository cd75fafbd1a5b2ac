import type { EntityName } from "@postern/core";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** A link that is good once, until `expiresAt`. Whoever opens it becomes this person. */
export interface Invitation {
  readonly url: string;
  readonly expiresAt: string;
}

/** Another identity provider's subject by which a person signs in. */
export interface AccountLink {
  readonly id: string;
  readonly issuer: string | null;
  /** What the person calls the account there. */
  readonly label: string;
  readonly enrolledAt: string;
  readonly usedAt: string | null;
}

export interface Accounts {
  /** The identity providers by which a person signs in. */
  links(name: EntityName, options?: CallOptions): Promise<readonly AccountLink[]>;
  /** Takes one away, with the sessions that rest on it; never the last way to sign in. */
  unlink(name: EntityName, id: string, options?: WriteOptions): Promise<void>;
  /** For an account that has no way to sign in yet; takes an administrator's token. */
  invite(name: EntityName, options?: WriteOptions): Promise<Invitation>;
}

export function accounts(transport: Transport): Accounts {
  return {
    links: async ({ type, id }, options) => {
      const found = await transport.json({
        ...options,
        method: "GET",
        path: `/v1/accounts${path(type, id)}/links`,
      });
      return (found as { readonly items: readonly AccountLink[] }).items;
    },
    unlink: async ({ type, id }, link, options) => {
      await transport.json({
        ...options,
        method: "DELETE",
        path: `/v1/accounts${path(type, id)}/links${path(link)}`,
      });
    },
    invite: async ({ type, id }, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/accounts${path(type, id)}/invitations`,
        body: {},
      })) as Invitation,
  };
}
