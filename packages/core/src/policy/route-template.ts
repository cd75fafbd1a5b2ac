/** Words stay as they are; what looks like an id, a name or a value is folded, so that no person shows. */
const PART = "(?:[a-z]+|[A-Z]+|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,}){0,3})";
/** What follows a dot is the kind of a file, and never somebody's second name. */
const KINDS =
  "html?|json|xml|txt|csv|pdf|md|ya?ml|js|mjs|css|map|ico|png|jpe?g|gif|svg|webp|woff2?|zip|gz|php|aspx?|jsp";
const WORD = new RegExp(`^${PART}(?:[_-]${PART}){0,3}(?:\\.(?:${KINDS}))?$`);
const VERSION = /^v\d{1,2}$/i;
const LONGEST_WORD = 32;
const MOST_SEGMENTS = 6;

/** What stands in the place of a segment that is folded. */
export const FOLDED = "*";

/**
 * A canonical path as a template of bounded length: segments that look like ids become `*`, and what lies deeper than
 * six segments becomes `**`. The same for every person who takes the same way.
 */
export function routeTemplate(segments: readonly string[]): readonly string[] {
  const near = segments.slice(0, MOST_SEGMENTS).map(foldSegment);
  return segments.length > MOST_SEGMENTS ? [...near, "**"] : near;
}

function foldSegment(segment: string): string {
  if (VERSION.test(segment)) return segment.toLowerCase();
  return segment.length <= LONGEST_WORD && WORD.test(segment) && !looksHex(segment)
    ? segment.toLowerCase()
    : FOLDED;
}

/** Eight letters that are all hexadecimal digits are no word that a route is named by. */
function looksHex(segment: string): boolean {
  return segment.length >= 8 && /^[a-f]+$/i.test(segment);
}

/** A template as policy writes resources: `route:/orders/*`, `app:notes/*`. */
export function templateText(type: string, template: readonly string[]): string {
  const path = template.join("/");
  return type === "route" ? `route:/${path}` : `${type}:${path}`;
}
