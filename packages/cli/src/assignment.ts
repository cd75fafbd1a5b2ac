import { UsageError } from "./failure.ts";

/**
 * Reads `name=value` words. A value is JSON where it reads as JSON, and text otherwise; what begins as a list or an
 * object and is none is refused, since a shell has probably taken its quotes.
 */
export function assigned(texts: readonly string[], option: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(`expected \`name=value\` for ${option}, got \`${text}\``);
      return [text.slice(0, at), jsonOrText(text.slice(at + 1), option)];
    }),
  );
}

function jsonOrText(text: string, option: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (/^\s*[[{]/.test(text)) {
      throw new UsageError(
        `expected JSON for ${option}, got \`${text}\``,
        "put quotes around the whole word, such as 'roles=[\"staff\"]'",
      );
    }
    return text;
  }
}
