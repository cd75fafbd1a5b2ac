import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeptEnd } from "@postern/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keptEndsFile } from "../src/kept-ends.ts";

const token = (entry: number): KeptEnd => ({ kind: "token", id: `tok_${entry}`, entry });

describe("the file of ends", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "postern-ends-"));
    file = join(directory, "ends.jsonl");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("gives back what was appended, in its order", async () => {
    const kept = keptEndsFile(file);
    await Promise.all([kept.append([token(1), token(2)]), kept.append([token(3)])]);
    expect(await keptEndsFile(file).read()).toEqual({ ends: [token(1), token(2), token(3)], torn: false });
  });

  it("is not there before anything was kept", async () => {
    expect(await keptEndsFile(file).read()).toBeNull();
  });

  it("says so where the last line was not finished, and does without it", async () => {
    await keptEndsFile(file).append([token(1)]);
    appendFileSync(file, '{"kind":"token","id":"tok');
    expect(await keptEndsFile(file).read()).toEqual({ ends: [token(1)], torn: true });
  });

  it("names the line that cannot be read, and says what to do", async () => {
    await keptEndsFile(file).append([token(1), token(2)]);
    appendFileSync(file, '{"kind":"token","id":\n');
    await keptEndsFile(file).append([token(4)]);
    await expect(keptEndsFile(file).read()).rejects.toMatchObject({
      code: "restore.ends_malformed",
      line: 3,
      message: expect.stringContaining("put the line back"),
    });
  });

  it.each([
    ["of another kind", '{"kind":"weather","entry":1}'],
    ["without its entry", '{"kind":"token","id":"tok_1"}'],
    ["that is a list", "[]"],
    ["that is nothing", "null"],
    [
      "with a field of another type",
      '{"kind":"held","id":"oo_1","entry":1,"pending":"no","scope":"","expiresAt":1}',
    ],
    ["that is no JSON", "%"],
  ])("refuses a line %s", async (_, line) => {
    writeFileSync(file, `${line}\n`);
    await expect(keptEndsFile(file).read()).rejects.toMatchObject({ line: 1 });
  });

  it("never lets the next end become part of a line that was not finished", async () => {
    await keptEndsFile(file).append([token(1)]);
    appendFileSync(file, `{"kind":"token","id":"${"x".repeat(9_000)}`);
    await keptEndsFile(file).append([token(2)]);
    expect(await keptEndsFile(file).read()).toEqual({ ends: [token(1), token(2)], torn: false });
  });

  it("begins anew where all that it has is a line that was not finished", async () => {
    writeFileSync(file, "x".repeat(9_000));
    await keptEndsFile(file).append([token(1)]);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(token(1))}\n`);
  });
});
