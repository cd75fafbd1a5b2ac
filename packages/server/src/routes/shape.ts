import type { EntityName } from "@postern/core";
import { type TObject, type TOptional, type TString, Type } from "typebox";
import { refused } from "../problem/document.ts";

/** No route takes a field that it does not name. */
export const STRICT: { readonly additionalProperties: false } = { additionalProperties: false };

export const Name: TObject<{ type: TString; id: TString }> = Type.Object(
  { type: Type.String({ minLength: 1, maxLength: 64 }), id: Type.String({ minLength: 1, maxLength: 512 }) },
  STRICT,
);

/** Ids of our own are short; longer ones are some other thing. */
export const Id: TObject<{ id: TString }> = Type.Object({ id: Type.String({ maxLength: 128 }) }, STRICT);

/** What was said, by whom, why: sealed, and never a novel. */
export const Reason: TOptional<TString> = Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 }));

export const Nothing: TObject<Record<never, never>> = Type.Object({}, STRICT);

export const PAGE: { limit: TOptional<TString>; cursor: TOptional<TString> } = {
  limit: Type.Optional(Type.String({ maxLength: 16, description: "1 to 200; default 50" })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
};

/** An instant and an id. */
const CURSOR = /^\d{1,16}\.[a-z]{2,8}_[0-9a-z]{1,64}$/;

const MOST_ITEMS = 200;
const USUAL_ITEMS = 50;

export function pageOf(query: { readonly limit?: string; readonly cursor?: string }): {
  readonly limit: number;
  readonly cursor?: string;
} {
  const limit = query.limit === undefined ? USUAL_ITEMS : wholeIn(query.limit, "limit");
  if (limit < 1 || limit > MOST_ITEMS) {
    const detail = `expected 1 to ${MOST_ITEMS}, got \`${limit}\``;
    throw refused("request.wrong_type", `limit: ${detail}`, [{ pointer: "#querystring/limit", detail }]);
  }
  if (query.cursor === undefined) return { limit };
  // Beginning anew for what no answer gave would tell the first page twice, or for ever.
  if (!CURSOR.test(query.cursor)) {
    const detail = "expected the `next` of an earlier answer";
    throw refused("request.malformed", `cursor: ${detail}`, [{ pointer: "#querystring/cursor", detail }]);
  }
  return { limit, cursor: query.cursor };
}

/** An entity in a query, `type:id`. */
export function entityIn(text: string, field: string): EntityName {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1) {
    throw refused("request.wrong_type", `${field}: expected \`type:id\``, [
      { pointer: `#querystring/${field}`, detail: "expected `type:id`" },
    ]);
  }
  return { type: text.slice(0, colon), id: text.slice(colon + 1) };
}

export function wholeIn(text: string, field: string): number {
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) {
    throw refused("request.wrong_type", `${field}: expected a whole number`, [
      { pointer: `#querystring/${field}`, detail: "expected a whole number" },
    ]);
  }
  return number;
}
