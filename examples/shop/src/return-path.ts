const LONGEST = 512;

/**
 * A path on this very site to go back to, or `/`. A second slash, a backslash or a scheme would lead a
 * browser elsewhere.
 */
export function returnPath(given: unknown): string {
  if (typeof given !== "string" || given.length > LONGEST) return "/";
  if (!/^\/(?![/\\])[!-~]*$/.test(given) || given.includes("\\")) return "/";
  const here = "http://shop.invalid";
  const url = URL.parse(given, here);
  if (url === null || url.origin !== here) return "/";
  // Dots that climb can leave two slashes at the front: another site once more.
  return url.pathname.startsWith("//") ? "/" : `${url.pathname}${url.search}`;
}

/** Where a path leads, in words that a person reads before going there. */
export function placeName(path: string): string {
  return path.startsWith("/.postern/") ? "your protection" : path;
}
