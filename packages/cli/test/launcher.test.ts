import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { policyDir } from "./deployment.ts";

const launcher = join(import.meta.dirname, "..", "bin", "postern.mjs");
const run = promisify(execFile);
const quiet = { ...process.env, POSTERN_URL: "http://127.0.0.1:9", POSTERN_TOKEN: "pst_none" };

describe("the launcher", () => {
  it("passes words, output and exit code on", async () => {
    const { stdout } = await run(process.execPath, [launcher, "policy", "test", policyDir], { env: quiet });
    expect(stdout).toContain("1 passed");
    await expect(run(process.execPath, [launcher, "keys", "status"], { env: quiet })).rejects.toMatchObject({
      code: 9,
    });
    await expect(run(process.execPath, [launcher, "keys", "statsu"], { env: quiet })).rejects.toMatchObject({
      code: 2,
    });
  });

  it("is quiet when whoever reads stops reading", async () => {
    const child = spawn(process.execPath, [launcher, "policy", "schema"], { env: quiet });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += String(chunk);
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const code = await new Promise((resolve) => child.on("exit", resolve));
    expect([code, errors]).toEqual([0, ""]);
  });

  const older = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => existsSync(path));
  it.skipIf(older === undefined)(
    "finds a newer Node beside it where the machine's own is too old",
    async () => {
      const { stdout } = await run(older ?? "", [launcher, "--version"], { env: quiet });
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    },
  );
});
