import type { EntityName } from "@postern/core";
import type { OptOut } from "./opt-out.ts";
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

/** An opt-out that ends unless somebody answers its review in time, with evidence of its use. */
export interface DueReview {
  readonly reviewBy: string;
  readonly optOut: OptOut;
  readonly used: number;
  readonly lastUsedAt: string | null;
  readonly evidence: readonly { readonly code: string; readonly words: string }[];
  /** What the evidence suggests; whoever reviews decides. */
  readonly suggestion: "end" | "look" | "keep";
}

export interface Reviews {
  /** Soonest first. `due` is a span from now, or a time. */
  due(query: PageQuery & { readonly due: string }): Listing<DueReview>;
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
    due: ({ signal, ...query }) =>
      listing<DueReview>(transport, {
        method: "GET",
        path: "/v1/reviews",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
    list: ({ signal, ...query } = {}) =>
      listing<Review>(transport, {
        method: "GET",
        path: "/v1/reviews",
        query,
        ...(signal === undefined ? {} : { signal }),
      }),
  };
}
