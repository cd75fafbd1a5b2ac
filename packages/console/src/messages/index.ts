import { chooseLocale } from "@postern/core";
import { en } from "./en.ts";
import type { Messages } from "./messages.ts";

const catalogues: ReadonlyMap<string, Messages> = new Map([[en.locale, en]]);

/** The catalogue that serves a reader best. `wanted` is in the reader's order. */
export function messagesFor(wanted: readonly string[]): Messages {
  return catalogues.get(chooseLocale([...catalogues.keys()], wanted) ?? "en") ?? en;
}

/** The locales of an `Accept-Language` header, best first (RFC 9110 section 12.5.4). */
export function acceptedLocales(header: string | undefined): readonly string[] {
  return (header ?? "")
    .slice(0, 512)
    .split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const quality = parameters
        .map((text) => /^\s*q\s*=\s*(\d(?:\.\d{1,3})?)\s*$/.exec(text)?.[1])
        .find(Boolean);
      return { tag: tag.trim(), weight: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ tag, weight }) => weight > 0 && /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/.test(tag))
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}
