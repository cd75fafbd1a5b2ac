import type { EntityName } from "@postern/core";
import { path, type Transport, type WriteOptions } from "./transport.ts";

/** A link that is good once, until `expiresAt`. Whoever opens it becomes this person. */
export interface Invitation {
  readonly url: string;
  readonly expiresAt: string;
}

export interface Accounts {
  /** For an account that has no way to sign in yet; takes an administrator's token. */
  invite(name: EntityName, options?: WriteOptions): Promise<Invitation>;
}

export function accounts(transport: Transport): Accounts {
  return {
    invite: async ({ type, id }, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/accounts${path(type, id)}/invitations`,
        body: {},
      })) as Invitation,
  };
}
