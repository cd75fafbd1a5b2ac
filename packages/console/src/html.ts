declare const brand: unique symbol;

/** Markup that is safe to send: made by `html` alone, so that every text in it was escaped. */
export interface Html {
  readonly [brand]: true;
  readonly text: string;
}

export type HtmlValue = Html | string | number | null | false | readonly HtmlValue[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/**
 * A template whose values are escaped for text and for quoted attributes; `null` and `false` leave nothing.
 * Attributes must be quoted, and a value never stands for a tag, an attribute's name, a style or a script.
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0] ?? "";
  for (let at = 0; at < values.length; at++) text += written(values[at] ?? null) + (parts[at + 1] ?? "");
  return { text } as Html;
}

function written(value: HtmlValue): string {
  if (value === null || value === false) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  if (isList(value)) return value.map(written).join("");
  return value.text;
}

function isList(value: Html | readonly HtmlValue[]): value is readonly HtmlValue[] {
  return Array.isArray(value);
}

/** Joins with our own words between, such as ", " or " and ". */
export function join(items: readonly HtmlValue[], between: string): Html {
  return html`${items.map((item, at) => (at === 0 ? item : [between, item]))}`;
}

/** The words alone, for titles and for tests. */
export function plainText(value: Html): string {
  return value.text
    .replace(/<[^>]*>/g, "")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}

/** Markup of ours that is constant; never given anything that came from outside. */
export function constant(text: string): Html {
  return { text } as Html;
}
