import type { Assurance, Basis, ControlId, EntityName, Mode } from "@postern/core";
import { queried } from "./entity.ts";
import { itemsOf } from "./page.ts";
import type { CallOptions, Transport } from "./transport.ts";

/** What a person is told before choosing; its hash is part of the consent. */
export interface Disclosure {
  readonly locale: string;
  readonly version: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  readonly title: string;
  readonly stops: string;
  readonly protects: string;
  readonly until: string;
  readonly undo: string;
  readonly more?: string;
}

/** An opt-out that policy lets someone ask for. Lengths are ISO 8601 durations. */
export interface Offer {
  readonly name: string;
  readonly control: ControlId;
  readonly mode: Mode;
  readonly owner: string;
  readonly basis: Basis;
  readonly holders: readonly ("subject" | "device" | "anonymous")[];
  readonly scope: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly downTo: Assurance;
  /** Of the inactivity timeout, how long it lets pass without activity; null: up to the overall end, or another control. */
  readonly inactivity: string | null;
  readonly length: { readonly default: string; readonly max: string; readonly total: string };
  readonly uses: number | null;
  readonly approvals: number;
  readonly riskAtMost: string | null;
  readonly states: readonly string[];
  readonly review: string;
  /** By locale. */
  readonly disclosures: Readonly<Record<string, Disclosure>>;
}

export interface Offers {
  /** What may be asked for: by anyone, or by one subject on one device. */
  list(
    query?: { readonly subject?: EntityName; readonly device?: EntityName },
    options?: CallOptions,
  ): Promise<readonly Offer[]>;
}

export function offers(transport: Transport): Offers {
  return {
    list: async (query = {}, options) =>
      itemsOf<Offer>(
        await transport.json({
          ...options,
          method: "GET",
          path: "/v1/offers",
          query: { subject: queried(query.subject), device: queried(query.device) },
        }),
      ),
  };
}
