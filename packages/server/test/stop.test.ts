import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { send } from "./fixture/send.ts";

const SERVE = fileURLToPath(new URL("./fixture/serve.ts", import.meta.url));
const made: string[] = [];
afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function serve(): Promise<{ readonly process: ChildProcess; readonly port: number }> {
  const path = mkdtempSync(join(tmpdir(), "postern-signals-"));
  made.push(path);
  const child = spawn(process.execPath, ["--conditions=@postern/source", SERVE, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((done, failed) => {
    child.stdout?.setEncoding("utf8").once("data", (text: string) => done(text.trim()));
    child.once("exit", () => failed(new Error("it ended before it listened")));
  });
  return { process: child, port: Number(new URL(url).port) };
}

const exit = (child: ChildProcess): Promise<number | null> =>
  new Promise((done) => child.once("exit", (code) => done(code)));

describe("a process that serves", () => {
  it("ends in good order on SIGINT", async () => {
    const { process: child } = await serve();
    const ended = exit(child);
    child.kill("SIGINT");
    expect(await ended).toBe(0);
  });

  it("answers not ready after SIGTERM, still answers, and then ends in good order", async () => {
    const { process: child, port } = await serve();
    const ended = exit(child);
    child.kill("SIGTERM");
    let reasons: readonly string[] = [];
    while (!reasons.includes("stopping")) {
      const { status, json } = await send(port, "GET", "/readyz", {});
      expect(status).toBe(503);
      reasons = json.reasons.map(({ reason }: { reason: string }) => reason);
    }
    expect((await send(port, "GET", "/livez", {})).status).toBe(200);
    expect(await ended).toBe(0);
  });
});
