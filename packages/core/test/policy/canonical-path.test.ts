import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalPath, canonicalPattern } from "../../src/policy/canonical-path.ts";

const accepted: readonly (readonly [string, string])[] = [
  ["/", "/"],
  ["/reports/june", "/reports/june"],
  ["/reports/june/", "/reports/june"],
  ["/reports?x=1", "/reports"],
  ["/reports/#part", "/reports"],
  ["/reports?a=/../b", "/reports"],
  ["/%72eports", "/reports"],
  ["/caf%c3%a9", "/caf%C3%A9"],
  ["/a%40b", "/a@b"],
  ["/a@b", "/a@b"],
  ["/a%20b", "/a%20b"],
  ["/a|b", "/a%7Cb"],
  ["/a%7cb", "/a%7Cb"],
  ["/*", "/%2A"],
  ["/%2a", "/%2A"],
  ["/.well-known/x", "/.well-known/x"],
  ["/v1.2/x", "/v1.2/x"],
  ["/~ana/a-b_c", "/~ana/a-b_c"],
];

const refused: readonly string[] = [
  "",
  "reports",
  "*",
  "http://shop.example/reports",
  "//",
  "//reports",
  "/reports//",
  "/a//b",
  "/a/../b",
  "/a/./b",
  "/..",
  "/a/..",
  "/a...",
  "/a./b",
  "/a%20",
  "/%2e%2e/b",
  "/a/%2E/b",
  "/a%2fb",
  "/a%5Cb",
  "/a\\b",
  "/a;b=c",
  "/a%3bb",
  "/a%00",
  "/a\u0000",
  "/a b",
  "/a\tb",
  "/a%0d%0ab",
  "/a%7f",
  "/a%c2%85",
  "/a%252fb",
  "/a%25",
  "/a%",
  "/a%2",
  "/a%zz",
  "/a%u002f",
  "/a%3fb",
  "/a%23b",
  "/a%c0%afb",
  "/a%e0%80%af",
  "/a%ff",
  "/a%ed%a0%80",
  "/café",
  "/a／b",
  "/a%ef%bc%8fb",
  "/a%ef%bc%8eb",
  "/a%e2%81%84b",
  "/a%e2%88%95b",
  "/a%e2%80%a5b",
  "/a%e2%84%80b",
  "/cafe%cc%81",
  "/%e2%84%aa",
  "/a%e2%80%8bb",
  "/a%e2%80%aeb",
  "/a%ef%bb%bf",
  `/${"a".repeat(2048)}`,
];

/** What a lenient server might make of a path: decoded twice, separators joined, dots walked, case folded. */
function lenient(raw: string): string {
  let text = raw.split(/[?#]/)[0] ?? "";
  for (let round = 0; round < 2; round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      break;
    }
  }
  text = text
    .normalize("NFKC")
    .replace(/\\/g, "/")
    .replace(/;[^/]*/g, "")
    .replace(/\p{Cc}/gu, "");
  const stack: string[] = [];
  for (const segment of text
    .split("/")
    .map((one) => one.replace(/[. ]+$/, (dots) => (one === dots ? dots : "")))) {
    if (segment === "..") stack.pop();
    else if (segment !== "" && segment !== ".") stack.push(segment);
  }
  return stack.join("/");
}

const piece = fc.constantFrom(
  "/",
  "/",
  "a",
  "b",
  "A",
  ".",
  "..",
  "%2e",
  "%2F",
  "%5c",
  "\\",
  ";",
  "%3B",
  "%41",
  "%61",
  "%40",
  "@",
  "%c3%a9",
  "%C3%A9",
  "e%cc%81",
  "%25",
  "%2561",
  "%20",
  "%7c",
  "|",
  "*",
  "%2A",
  "?",
  "#",
  "%ef%bc%8f",
  "%e2%81%84",
  "%ef%bc%a1",
  "+",
  "%2b",
  "~",
  "%7E",
);

describe("the canonical path", () => {
  it.each(accepted)("of `%s` is `%s`", (raw, path) => {
    const result = canonicalPath(raw);
    expect(result).toMatchObject({ ok: true, value: { path } });
  });

  it.each(refused)("of `%s` does not exist", (raw) => {
    expect(canonicalPath(raw).ok).toBe(false);
  });

  it("of a canonical path is itself", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const first = canonicalPath(`/${pieces.join("")}`);
        if (!first.ok) return;
        expect(canonicalPath(first.value.path)).toEqual(first);
        expect(`/${first.value.segments.join("/")}`).toBe(first.value.path);
      }),
      { numRuns: 5000, seed: 11 },
    );
  });

  it("is one for two paths that a lenient server reads alike, or at least one of them is refused", () => {
    const seen = new Map<string, Set<string>>();
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), (pieces) => {
        const raw = `/${pieces.join("")}`;
        const result = canonicalPath(raw);
        if (!result.ok) return;
        const key = lenient(raw);
        const paths = seen.get(key) ?? new Set();
        paths.add(result.value.path);
        seen.set(key, paths);
        expect([...paths]).toEqual([result.value.path]);
      }),
      { numRuns: 20_000, seed: 5 },
    );
    expect(seen.size).toBeGreaterThan(100);
  });

  it("of any text is found without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
        const result = canonicalPath(`/${text}`);
        expect(typeof result.ok).toBe("boolean");
      }),
      { numRuns: 2000, seed: 3 },
    );
  });

  it("of a pattern may be written in plain text", () => {
    expect(canonicalPattern("/café")).toEqual(canonicalPath("/caf%C3%A9"));
  });
});
