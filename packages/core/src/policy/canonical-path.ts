import { accept, type Result, refuse } from "../vocabulary/result.ts";

/** The one form in which the path of a request is compared with policy. */
export interface CanonicalPath {
  /** Begins with `/`; ASCII; has no trailing slash, query or fragment. */
  readonly path: string;
  readonly segments: readonly string[];
}

const LONGEST_PATH = 2048;

/** Left as they are (RFC 3986 section 3.3), but for `;`, which some servers cut off, and `*`, a wildcard of ours. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()+,=:@/]+$/;
/** Written raw by browsers, meaning nothing in a path: the canonical form encodes them. */
const ENCODED_RAW = /["*<>[\]^`{|}]/g;
/** Never in any spelling: separators, parameters, a second decoding, queries and fragments in disguise. */
const REFUSED_DECODED = /[/\\;%?#.\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\ufffd]/u;
/** Characters that some decoders map to `/`, `\` or `.` and that NFKC does not. */
const LOOK_ALIKE = /[\u2044\u2215\u2216\u2571\u2572\u29f5\u29f8\u29f9\u3002\uff61]/;

/**
 * Reads the request target of a gate (origin form). Percent-encodings of plain characters are decoded once,
 * all others are kept in upper case; a query, a fragment and one trailing slash are dropped. What two servers
 * could read differently is refused, text that Unicode's NFKC changes among it, and the caller then challenges.
 */
export function canonicalPath(raw: string): Result<CanonicalPath, string> {
  const end = raw.search(/[?#]/);
  const target = end < 0 ? raw : raw.slice(0, end);
  if (target.length > LONGEST_PATH) return refuse(`expected a path of at most ${LONGEST_PATH} characters`);
  if (!target.startsWith("/")) return refuse("expected a path that begins with a slash");
  const written = PLAIN.test(target) ? accept(target) : rewrite(target);
  if (!written.ok) return written;
  if (written.value.includes("//")) return refuse("expected one slash between segments, got two");
  const path =
    written.value.length > 1 && written.value.endsWith("/") ? written.value.slice(0, -1) : written.value;
  const segments = path === "/" ? [] : path.slice(1).split("/");
  for (const segment of segments) {
    if (segment.endsWith(".")) return refuse("expected segments that do not end in a dot");
    if (segment.endsWith("%20")) return refuse("expected segments that do not end in a space");
  }
  return accept({ path, segments });
}

/** Brings a path of a policy document into the same form; text beyond ASCII may be written as it is. */
export function canonicalPattern(path: string): Result<CanonicalPath, string> {
  if (!path.isWellFormed()) return refuse("expected text without lone surrogates");
  return canonicalPath(path.replace(/\P{ASCII}+/gu, encodeURIComponent));
}

function rewrite(target: string): Result<string, string> {
  const strange = /[^!-~]|[\\;]/.exec(target);
  if (strange !== null) {
    const code = target.codePointAt(strange.index) ?? 0;
    return refuse(
      `expected plain characters in a path, got U+${code.toString(16).toUpperCase().padStart(4, "0")}`,
    );
  }
  const raw = target.replace(ENCODED_RAW, encode);
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) return refuse("expected two hexadecimal digits after every `%`");
  let refusal: string | null = null;
  const path = raw.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    const decoded = decode(run);
    if (typeof decoded === "string") return [...decoded].map(spell).join("");
    refusal ??= decoded.refusal;
    return run;
  });
  if (refusal !== null) return refuse(refusal);
  // Of the whole, since a mark composes with a plain letter before it.
  const text = decodeURIComponent(path);
  return text.normalize("NFKC") === text
    ? accept(path)
    : refuse("expected text in Unicode normal form KC, without compatibility characters");
}

function decode(run: string): string | { readonly refusal: string } {
  let text: string;
  try {
    text = decodeURIComponent(run);
  } catch {
    return { refusal: "expected percent-encoded UTF-8" };
  }
  if (REFUSED_DECODED.test(text))
    return { refusal: "expected no separators or control characters in disguise" };
  return LOOK_ALIKE.test(text) ? { refusal: "expected no look-alikes of separators" } : text;
}

function spell(character: string): string {
  return PLAIN.test(character) ? character : encode(character);
}

function encode(character: string): string {
  return character === "*" ? "%2A" : encodeURIComponent(character);
}
