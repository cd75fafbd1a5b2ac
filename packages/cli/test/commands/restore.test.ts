import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { terminal } from "../terminal.ts";

it("a restore names the line of the ends that cannot be read, by a code, and puts nothing back", async () => {
  const directory = mkdtempSync(join(tmpdir(), "postern-restore-"));
  try {
    const ends = join(directory, "ends.jsonl");
    writeFileSync(ends, '{"kind":"token","id":"tok_1","entry":4}\n{"kind":"tok\n{"kind":"token"');
    const data = join(directory, "data");
    const key = { POSTERN_MASTER_KEY: Buffer.alloc(32, 7).toString("base64") };
    const said = await terminal({ env: key })(
      `restore ${join(directory, "backup")} --data-dir ${data} --ends ${ends} --old-is-fenced --admin user:ben -o json`,
    );
    const told = said.stdout + said.stderr;
    expect(told).toContain("restore.ends_malformed");
    expect(told).toContain("line 2");
    expect(existsSync(data)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
