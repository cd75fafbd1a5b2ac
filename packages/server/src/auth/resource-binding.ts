import {
  canonicalPath,
  parseResourcePattern,
  patternCovers,
  type ResourcePattern,
  segmentsOf,
  type Token,
} from "@postern/core";

/** Patterns are read once per token. A pattern that cannot be read covers nothing. */
const read = new WeakMap<Token, readonly ResourcePattern[]>();

/** Whether a token may ask about a resource. Without resources it may ask about all. */
export function boundTo(token: Token, type: string, id: string): boolean {
  if (token.resources.length === 0) return true;
  let patterns = read.get(token);
  if (patterns === undefined) {
    patterns = token.resources.flatMap((text) => {
      const pattern = parseResourcePattern(text);
      return pattern.ok ? [pattern.value] : [];
    });
    read.set(token, patterns);
  }
  let segments = segmentsOf(id);
  if (type === "route") {
    const path = canonicalPath(id);
    if (!path.ok) return false;
    segments = path.value.segments;
  }
  return patterns.some((pattern) => patternCovers(pattern, type, segments));
}
