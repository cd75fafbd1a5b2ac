import type { EntityName } from "@postern/core";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** What Postern holds of a subject, a device or a resource. */
export interface Entity extends EntityName {
  /** The random reference by which the ledger knows it. */
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Verified states and since when. */
  readonly states: Readonly<Record<string, string>>;
  /** Devices: whether several people use it. Null: nobody has said. */
  readonly shared: boolean | null;
}

export interface EntityFields {
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** Verified states: held since then, held from now on (true), or not (false). Takes an administrator's token. */
  readonly states?: Readonly<Record<string, string | boolean>>;
  readonly shared?: boolean | null;
}

export interface Entities {
  put(name: EntityName, fields: EntityFields, options?: WriteOptions): Promise<Entity>;
  get(name: EntityName, options?: CallOptions): Promise<Entity>;
  /** Removes it with its opt-outs and sessions; answers how many ended with it. */
  delete(name: EntityName, options?: WriteOptions): Promise<{ readonly ended: number }>;
}

export function entities(transport: Transport): Entities {
  const at = ({ type, id }: EntityName): string => `/v1/entities${path(type, id)}`;
  return {
    put: async (name, fields, options) =>
      (await transport.json({ ...options, method: "PUT", path: at(name), body: fields })) as Entity,
    get: async (name, options) =>
      (await transport.json({ ...options, method: "GET", path: at(name) })) as Entity,
    delete: async (name, options) =>
      (await transport.json({ ...options, method: "DELETE", path: at(name) })) as { readonly ended: number },
  };
}

/** An entity in a query: `type:id`. */
export function queried(name: EntityName | undefined): string | undefined {
  return name === undefined ? undefined : `${name.type}:${name.id}`;
}
