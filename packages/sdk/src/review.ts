import type { EntityName } from "@postern/core";
import { type Listing, listing, type PageQuery } from "./page.ts";
import type { Transport, WriteOptions } from "./transport.ts";

/** Somebody's answer to whether an opt-out is still needed. */
export interface Review {
  readonly id: string;
  readonly optOut: string;
  readonly answer: "keep" | "end";
  readonly at: string;
  readonly by: EntityName;
}

export interface Reviews {
  answer(
    given: { readonly optOut: string; readonly answer: "keep" | "end"; readonly reason?: string },
    options?: WriteOptions,
  ): Promise<Review>;
  list(query?: PageQuery): Listing<Review>;
}

export function reviews(transport: Transport): Reviews {
  return {
    answer: async (given, options) =>
      (await transport.json({ ...options, method: "POST", path: "/v1/reviews", body: given })) as Review,
    list: ({ signal, ...query } = {}) =>
      listing<Review>(transport, {
        method: "GET",
        path: "/v1/reviews",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}
