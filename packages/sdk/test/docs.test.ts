import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);
let folder: string;

beforeAll(async () => {
  // Below node_modules, so that `@postern/sdk` is found as an application would find it.
  const cache = join(root, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "postern-docs-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

it("every TypeScript block of docs/sdk.md and docs/session-timeout.md compiles, strictly", async () => {
  const pages = ["sdk.md", "session-timeout.md"].map((name) => readFile(join(root, "docs", name), "utf8"));
  const found = (await Promise.all(pages)).map((page) => [
    ...page.matchAll(/^```ts(?: file=(\S+))?\n([\s\S]*?)^```/gm),
  ]);
  expect(found.map((blocks) => blocks.length > 0)).toEqual([true, true]);
  const blocks = found.flat();
  expect(blocks.length).toBeGreaterThan(6);
  await Promise.all(
    blocks.map(([, name, text = ""], at) => writeFile(join(folder, name ?? `block-${at + 1}.ts`), text)),
  );
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2023",
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        types: ["node"],
        customConditions: ["@postern/source"],
        moduleDetection: "force",
      },
      include: ["*.ts"],
    }),
  );
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const run = promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder });
  const said = await run.catch((error: { readonly stdout: string }) => error);
  expect(said.stdout.split("\n").filter((line) => /^(?:block|guard)/.test(line))).toEqual([]);
});
