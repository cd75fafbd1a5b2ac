import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/risk/main.ts", import.meta.url));

const run = (...words: readonly string[]): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@postern/source", MAIN, ...words],
    { encoding: "utf8" },
  );
  return { status, said: `${stdout}${stderr}` };
};

describe("the evaluation of risk as a command", () => {
  it.each([
    [["--foo"], "--foo"],
    [["--file", "nope.csv"], "`nope.csv` cannot be read"],
    [["--people", "5"], "expected at least 200 people, got 5"],
  ])("says of %j in one line what is wrong", (words, says) => {
    const { status, said } = run(...words);
    expect([status, said]).toEqual([2, expect.stringContaining(says)]);
    expect(said).not.toMatch(/^ +at /m);
    expect(said).not.toContain("the shape holds");
  });
});
