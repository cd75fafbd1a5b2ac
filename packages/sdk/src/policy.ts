import { itemsOf } from "./page.ts";
import { type CallOptions, path, type Transport, type WriteOptions } from "./transport.ts";

/** A policy directory, compiled and named by the hash of its content. */
export interface Revision {
  readonly id: string;
  readonly publishedAt: string;
  readonly activatedAt: string | null;
  readonly active: boolean;
  readonly replaced: string | null;
  readonly warnings?: readonly string[];
}

export interface Policy {
  /** Compiles and keeps it; changes nothing yet. Throws `policy.does_not_compile` with every error's place. */
  publish(
    files: readonly { readonly path: string; readonly text: string }[],
    options?: WriteOptions,
  ): Promise<Revision>;
  activate(id: string, options?: WriteOptions): Promise<Revision>;
  /** To the revision just replaced, or to one that is not wider. */
  rollback(to?: string, options?: WriteOptions): Promise<Revision>;
  list(options?: CallOptions): Promise<readonly Revision[]>;
}

export function policy(transport: Transport): Policy {
  const at = "/v1/policy/revisions";
  return {
    publish: async (files, options) =>
      (await transport.json({ ...options, method: "POST", path: at, body: { files } })) as Revision,
    activate: async (id, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: `${at}${path(id, "activate")}`,
        body: {},
      })) as Revision,
    rollback: async (to, options) =>
      (await transport.json({
        ...options,
        method: "POST",
        path: "/v1/policy/rollback",
        body: to === undefined ? {} : { to },
      })) as Revision,
    list: async (options) => itemsOf<Revision>(await transport.json({ ...options, method: "GET", path: at })),
  };
}
