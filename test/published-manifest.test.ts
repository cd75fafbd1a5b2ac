import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { publishedManifest } from "../scripts/published-manifest.ts";
import { ROOT } from "../scripts/root.ts";

const manifests = ["packages", "examples"]
  .flatMap((room) => readdirSync(join(ROOT, room)).map((name) => join(ROOT, room, name, "package.json")))
  .filter((path) => existsSync(path));

it("what is published states no export that is not in it, and all else as it was", () => {
  expect(manifests.length).toBeGreaterThan(5);
  for (const path of manifests) {
    const text = readFileSync(path, "utf8");
    const published = publishedManifest(text);
    expect(published).not.toContain("/src/");
    expect({ ...JSON.parse(published), exports: null }).toEqual({ ...JSON.parse(text), exports: null });
  }
});
