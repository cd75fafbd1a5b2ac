import canonicalize from "canonicalize";

/** Canonical JSON (RFC 8785): one text for one value. */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("the value has no canonical JSON");
  return text;
}
