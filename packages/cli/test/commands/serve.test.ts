import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { policyDir } from "../deployment.ts";
import { terminal } from "../terminal.ts";

const PORTS = "--port 0 --people-port 0 --gateway-port 0 --log-level silent";

describe("postern serve", () => {
  it("runs until it is told to stop, says where it listens, and stops with 0", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postern-serve-"));
    const stop = new AbortController();
    const run = terminal({ signal: stop.signal });
    try {
      const served = run(
        `serve --mode development --data-dir ${directory} --policy-dir ${policyDir} ${PORTS}`,
      );
      setTimeout(() => stop.abort("SIGINT"), 1_500);
      const said = await served;
      expect([said.exit, said.stdout]).toEqual([0, ""]);
      expect(said.stderr).toMatch(/control plane +http:\/\/localhost:\d+/);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("says what is missing without a stack: a key, a policy that compiles, a setting that can be read", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postern-serve-"));
    const run = terminal();
    try {
      const keyless = await run(`serve --data-dir ${directory} ${PORTS}`);
      expect(keyless.exit).toBe(1);
      expect(keyless.stderr).toContain("POSTERN_MASTER_KEY");
      const policy = await run(
        `serve --mode development --data-dir ${directory} --policy-dir ${directory}/none ${PORTS}`,
      );
      expect(policy.exit).toBe(3);
      const port = await run("serve --port many");
      expect(port.exit).toBe(2);
      for (const { stderr } of [keyless, policy, port]) expect(stderr).not.toContain("    at ");
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});

describe("postern gateway", () => {
  it("needs an upstream, and says that it has its control plane in it", async () => {
    const run = terminal();
    expect(await run("gateway")).toMatchObject({ exit: 2, stderr: expect.stringContaining("--upstream") });
    const apart = await run("gateway --upstream http://127.0.0.1:3000 --control http://127.0.0.1:4600");
    expect(apart).toMatchObject({ exit: 2, stderr: expect.stringContaining("not there yet") });
  });
});
