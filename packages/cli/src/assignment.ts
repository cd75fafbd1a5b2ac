import { UsageError } from "./failure.ts";

/** Reads `name=value` words. A value is JSON where it reads as JSON, and text otherwise. */
export function assigned(texts: readonly string[], option: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(`expected \`name=value\` for ${option}, got \`${text}\``);
      return [text.slice(0, at), jsonOrText(text.slice(at + 1))];
    }),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
