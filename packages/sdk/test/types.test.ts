import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const here = dirname(fileURLToPath(import.meta.url));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

it("the types allow what is safe and refuse what is not, and the server's answers fit them", async () => {
  const run = promisify(execFile)(process.execPath, [compiler, "-p", join(here, "types")]);
  const said = await run.catch((error: { readonly stdout: string }) => error);
  expect(said.stdout.split("\n").filter((line) => line.startsWith("packages/sdk/"))).toEqual([]);
});
