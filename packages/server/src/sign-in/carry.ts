import type { Prompt } from "../metrics.ts";

/** Where somebody goes once they have signed in. */
export type Back =
  /** A path of the people's own pages. */
  | { readonly kind: "people"; readonly path: string }
  /** A path at the gateway, in the browser that proved itself there. */
  | { readonly kind: "gateway"; readonly path: string; readonly challenge: string }
  /** A client of the OpenID Provider, by way of the request that it made in this browser. */
  | { readonly kind: "client"; readonly request: string; readonly origin: string };

/** What an attempt carries from its first page to its end. Kept on this side: a browser cannot change it. */
export interface Carried {
  readonly back: Back;
  readonly prompt: Prompt;
  readonly why: "visit" | "step" | "fresh" | "change" | "form";
}

export function carry(carried: Carried): string {
  return JSON.stringify(carried);
}

/** Reads what `carry` wrote. */
export function carried(text: string): Carried {
  return JSON.parse(text) as Carried;
}
