import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Config, configWith } from "../src/config.ts";
import type { Log } from "../src/log.ts";
import { type Running, startPostern } from "../src/start.ts";
import { POLICY } from "./fixture/policy.ts";
import { send } from "./fixture/send.ts";

const made: string[] = [];
const running: Running[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
  for (const one of made.splice(0)) rmSync(one, { recursive: true, force: true });
});

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), "postern-start-"));
  made.push(path);
  mkdirSync(join(path, "policy"));
  for (const [name, text] of Object.entries(POLICY)) writeFileSync(join(path, "policy", name), text);
  return path;
}

interface Line {
  readonly level: string;
  readonly text: string;
}

function listening(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: unknown, text?: string) => {
    lines.push({ level, text: `${text ?? ""} ${JSON.stringify(fields)}` });
  };
  return {
    lines,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } as Log,
  };
}

async function start(
  path: string,
  changes: Partial<Config> = {},
): Promise<Running & { readonly lines: Line[] }> {
  const { log, lines } = listening();
  const one = await startPostern(
    configWith({
      mode: "development",
      port: 0,
      peoplePort: 0,
      gatewayPort: 0,
      dataDir: join(path, "data"),
      policyDir: join(path, "policy"),
      ...changes,
    }),
    { log },
  );
  running.push(one);
  return { ...one, lines };
}

const ask = (one: Running, path: string) => send(Number(new URL(one.urls.control).port), "GET", path, {});

describe("a start", () => {
  it("puts the policy directory in force, is ready, and listens on addresses of their own", async () => {
    const one = await start(directory(), { upstream: "http://127.0.0.1:9" });
    expect((await ask(one, "/readyz")).json).toEqual({ status: "ready", reasons: [] });
    expect(one.service.policy.active()).toMatch(/^pol_/);
    expect(new Set(Object.values(one.urls)).size).toBe(3);
  });

  it("is ready, and says so, while what ended is not all kept outside the database", async () => {
    const path = directory();
    await (await start(path)).stop();
    writeFileSync(join(path, "data", "ends.jsonl"), "{}\n");
    const ready = await ask(await start(path), "/readyz");
    expect(ready.status).toBe(200);
    // Anyone may ask: the code alone, and no path.
    expect(ready.json).toEqual({ status: "ready", reasons: [], warnings: [{ reason: "ends_not_kept" }] });
  });

  it("without an upstream starts no gateway, and without policy is not ready", async () => {
    const one = await start(directory(), { policyDir: null });
    const ready = await ask(one, "/readyz");
    expect(one.urls.gateway).toBeUndefined();
    expect([ready.status, ready.json.reasons]).toEqual([503, [{ reason: "no_policy" }]]);
  });

  it("makes a master key in development only, readable by its owner alone, and says so", async () => {
    const path = directory();
    const one = await start(path);
    expect(statSync(join(path, "data", "master.key")).mode & 0o777).toBe(0o600);
    expect(one.lines.some(({ level, text }) => level === "warn" && text.includes("master key"))).toBe(true);
    const other = directory();
    await expect(start(other, { mode: "production" })).rejects.toThrow(/POSTERN_MASTER_KEY/);
    expect(existsSync(join(other, "data", "master.key"))).toBe(false);
  });

  it("refuses a key file that others may read", async () => {
    const path = directory();
    mkdirSync(join(path, "data"));
    writeFileSync(join(path, "data", "master.key"), Buffer.alloc(32).toString("base64"), { mode: 0o644 });
    await expect(start(path)).rejects.toThrow(/readable by its owner alone/);
  });

  it("with the wrong key reads nothing and changes nothing", async () => {
    const path = directory();
    const one = await start(path, { masterKey: new Uint8Array(32).fill(1) });
    await one.stop();
    await expect(start(path, { masterKey: new Uint8Array(32).fill(2) })).rejects.toThrow();
    const again = await start(path, { masterKey: new Uint8Array(32).fill(1) });
    expect((await ask(again, "/readyz")).status).toBe(200);
  });

  it("refuses a first policy that does not compile, with its places, and leaves the directory free", async () => {
    const path = directory();
    writeFileSync(join(path, "policy", "bad.yaml"), "kind: Protection\nname: x\n");
    await expect(start(path)).rejects.toThrow(/bad\.yaml:/);
    rmSync(join(path, "policy", "bad.yaml"));
    expect((await ask(await start(path), "/readyz")).status).toBe(200);
  });

  it("later never puts a changed directory in force by itself, and warns", async () => {
    const path = directory();
    const first = await start(path);
    const active = first.service.policy.active();
    await first.stop();
    const same = await start(path);
    expect(same.lines.some(({ text }) => text.includes("differs"))).toBe(false);
    await same.stop();
    writeFileSync(
      join(path, "policy", "public.yaml"),
      (POLICY["public.yaml"] ?? "").replace("/public/**", "/open/**"),
    );
    const changed = await start(path);
    expect(changed.service.policy.active()).toBe(active);
    expect(changed.lines.some(({ level, text }) => level === "warn" && text.includes("differs"))).toBe(true);
  });

  it("on a data directory in use is refused while the first goes on", async () => {
    const path = directory();
    const first = await start(path);
    await expect(start(path)).rejects.toMatchObject({ code: "in_use" });
    expect((await ask(first, "/readyz")).status).toBe(200);
  });

  it("with a port that is taken is refused and leaves the data directory free", async () => {
    const path = directory();
    const first = await start(path);
    const port = Number(new URL(first.urls.control).port);
    const other = directory();
    await expect(start(other, { peoplePort: port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect((await ask(await start(other), "/readyz")).status).toBe(200);
  });
});

describe("a stop", () => {
  it("first answers not ready, then ends, and can be asked for twice", async () => {
    const one = await start(directory());
    one.drain();
    const ready = await ask(one, "/readyz");
    expect([ready.status, ready.json.reasons[0].reason]).toEqual([503, "stopping"]);
    expect((await ask(one, "/livez")).status).toBe(200);
    await Promise.all([one.stop(), one.stop()]);
    await expect(ask(one, "/livez")).rejects.toThrow();
  });

  it("keeps the last signed head outside the database", async () => {
    const path = directory();
    const one = await start(path, { headFile: join(path, "elsewhere", "head.note") });
    await one.stop();
    expect(readFileSync(join(path, "elsewhere", "head.note"), "utf8")).toMatch(
      /^postern\.local\/ledger\n\d+\n/,
    );
  });
});
