/** Parts of the provider's addresses that are words, as the provider spells them. */
const WORDS: ReadonlySet<string> = new Set([
  ".well-known",
  "auth",
  "confirm",
  "device",
  "end",
  "introspection",
  "jwks",
  "me",
  "openid-configuration",
  "request",
  "revocation",
  "session",
  "success",
  "token",
]);

/**
 * Whether a path below the provider's is spelled as the provider spells it.
 *
 * DANGER: its router takes other letters' cases and a slash at the end too, and what guards an address looks for one
 * spelling alone.
 */
export function isOwnSpelling(path: string): boolean {
  const [empty, ...parts] = path.split("/");
  return (
    empty === "" &&
    parts.every((part) => /^[A-Za-z0-9._~-]+$/.test(part) && isWordOrName(part)) &&
    parts.length > 0
  );
}

function isWordOrName(part: string): boolean {
  return WORDS.has(part) || !WORDS.has(part.toLowerCase());
}
