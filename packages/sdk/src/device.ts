import type { EntityName } from "@postern/core";
import { queried } from "./entity.ts";
import { type Listing, listing, type PageQuery } from "./page.ts";
import { path, type Transport, type WriteOptions } from "./transport.ts";

/** A browser that a person chose to trust. Instants are RFC 3339 in UTC. */
export interface Device {
  readonly id: string;
  readonly subject: EntityName;
  readonly label: string;
  readonly state: "trusted" | "ended" | "revoked";
  /** The first registration, which no renewal moves. */
  readonly registeredAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

/** All of it takes an administrator's token. */
export interface Devices {
  list(query?: PageQuery & { readonly subject?: EntityName }): Listing<Device>;
  /** Ends the sessions and the opt-outs on it too. */
  revoke(id: string, options?: WriteOptions): Promise<Device>;
}

export function devices(transport: Transport): Devices {
  return {
    list: ({ subject, signal, ...query } = {}) =>
      listing<Device>(transport, {
        method: "GET",
        path: "/v1/devices",
        query: { ...query, subject: queried(subject) },
        ...(signal === undefined ? {} : { signal }),
      }),
    revoke: async (id, options) =>
      (await transport.json({ ...options, method: "DELETE", path: `/v1/devices${path(id)}` })) as Device,
  };
}
