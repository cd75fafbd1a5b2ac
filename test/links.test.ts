import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../scripts/root.ts";

const pages = ["", "docs", "rfd"]
  .filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name)),
  );

describe("every page", () => {
  it.each(pages)("leads only to files that are there: %s", (page) => {
    const text = readFileSync(join(ROOT, page), "utf8").replace(/```[\s\S]*?```/g, "");
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((found) => found[1] ?? "");
    const missing = targets.filter(
      (target) => !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(page), target)),
    );
    expect(missing).toEqual([]);
  });

  it("that names an `npm run` command names one that exists", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), "utf8").matchAll(/npm run ([a-z][a-z0-9:]*)/g)].map(
        (found) => found[1] ?? "",
      ),
    );
    expect(named.length).toBeGreaterThan(0);
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
