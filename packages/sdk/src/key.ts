import { itemsOf } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** A key of the deployment and its epoch; the key itself never leaves. */
export interface Key {
  readonly name: string;
  readonly epoch: number;
  readonly since: string;
  readonly publicKey: string | null;
}

export interface Keys {
  list(options?: CallOptions): Promise<readonly Key[]>;
  rotate(name: string, options?: WriteOptions): Promise<Key>;
}

export function keys(transport: Transport): Keys {
  return {
    list: async (options) =>
      itemsOf<Key>(await transport.json({ ...options, method: "GET", path: "/v1/keys" })),
    rotate: async (name, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `/v1/keys${path(name, "rotate")}`,
        body: {},
      })) as Key,
  };
}
