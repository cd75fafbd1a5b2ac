import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_MEANINGS } from "../src/exit-code.ts";
import { TOPICS } from "../src/index.ts";
import { terminal } from "./terminal.ts";

const page = await readFile(join(import.meta.dirname, "..", "..", "..", "docs", "cli.md"), "utf8");
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, text = ""]) =>
  text.trim().split("\n"),
);
const run = terminal();

describe("docs/cli.md", () => {
  it.each(lines)("`%s` is a command line that parses", async (line) => {
    const words = line.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^['"]|['"]$/g, "")) ?? [];
    expect(words[0]).toBe("postern");
    const said = await run([...words.slice(1), "--help"]);
    expect([said.exit, said.stderr]).toEqual([0, ""]);
    expect(said.stdout).toMatch(/^Usage {2}postern /m);
  });

  it("shows every kind of command", () => {
    for (const { name } of TOPICS) expect(page).toContain(`postern ${name}`);
  });

  it("names every exit code", () => {
    for (const [code] of EXIT_MEANINGS) expect(page).toContain(`| ${code} | `);
  });
});
