import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { instant } from "@postern/core";
import { CRASH_POINTS, type CrashPoint } from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendTo, batchAfter, bytes, collect, newEntry } from "../../../testing/src/store-contract/batch.ts";

const world = { wall: () => instant(Date.now()) };

describe("a data directory", () => {
  let directory = "";
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), "postern-directory-")), "data");
  });
  afterEach(() => {
    rmSync(join(directory, ".."), { recursive: true });
  });
  const open = () => openSqliteStore({ directory, world });

  it("is readable by its owner alone, with all its files", async () => {
    const store = await open();
    await appendTo(store, "bat_1");
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    expect(modes.map(([name]) => name)).toEqual(expect.arrayContaining(["postern.sqlite", "keyring.sqlite"]));
    expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);
    await store.close();
  });

  it("names itself to the second process that opens it, and is free once the first has closed", async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({
      code: "in_use",
      message: `the data directory \`${directory}\` is in use by another process`,
    });
    await store.close();
    await (await open()).close();
  });

  it("that a newer version wrote is refused and left as it is", async () => {
    await (await open()).close();
    const file = new DatabaseSync(join(directory, "postern.sqlite"));
    file.exec("INSERT INTO migrations (number, name, at) VALUES (999, 'later', 0)");
    file.close();
    await expect(open()).rejects.toMatchObject({ code: "newer_schema", persisted: "no" });
    const again = new DatabaseSync(join(directory, "postern.sqlite"));
    expect(again.prepare("SELECT max(number) AS number FROM migrations").get()).toEqual({ number: 999 });
    again.close();
  });

  it("with a file that is no database is called corrupt", async () => {
    await (await open()).close();
    writeFileSync(join(directory, "postern.sqlite"), "x".repeat(8_192));
    await expect(open()).rejects.toMatchObject({ code: "corrupt", persisted: "no" });
  });

  it("whose file lost its end is called corrupt and not written to", async () => {
    const store = await open();
    const { head } = await appendTo(store, "bat_1", {
      entries: Array.from({ length: 200 }, (_, index) =>
        newEntry(`{"number":${index},"pad":"${"x".repeat(500)}"}`),
      ),
    });
    await store.close();
    truncateSync(join(directory, "postern.sqlite"), 16_384);
    const failure = (async () => {
      const again = await open();
      try {
        await again.append(batchAfter(head, "bat_2"));
      } finally {
        await again.close();
      }
    })();
    await expect(failure).rejects.toMatchObject({ code: "corrupt", persisted: "no" });
  });

  it("under a path that is a file is unavailable", async () => {
    writeFileSync(directory, "");
    await expect(open()).rejects.toMatchObject({ code: "unavailable", persisted: "no" });
  });

  it("that is full refuses the append, keeps what it has and goes on when there is space", async () => {
    const small = await openSqliteStore({ directory, world, pageLimit: 60 });
    await appendTo(small, "bat_1");
    const large = { entries: [newEntry(`{"pad":"${"x".repeat(400_000)}"}`)] };
    await expect(appendTo(small, "bat_2", large)).rejects.toMatchObject({ code: "full", persisted: "no" });
    expect(await small.committed("bat_2")).toBe(false);
    expect((await small.confirm()).head?.size).toBe(1);
    await appendTo(small, "bat_3");
    await small.close();
    const roomy = await open();
    await appendTo(roomy, "bat_2", large);
    expect((await roomy.entries(0, 9)).length).toBe(3);
    await roomy.close();
  });

  it("answers no call after it was closed", async () => {
    const store = await open();
    await store.close();
    await expect(store.confirm()).rejects.toMatchObject({ code: "unavailable", persisted: "no" });
  });

  it("finishes the calls that wait when it is closed", async () => {
    const store = await open();
    const append = store.append(batchAfter(null, "bat_1"));
    const log = store.prune({ decisions: "dec_0", answers: instant(0) });
    await Promise.all([store.close(), log]);
    expect(await append).toMatchObject({ kind: "appended" });
  });

  it("refuses calls beyond its queue, having written nothing of them", async () => {
    const store = await open();
    const calls = await Promise.allSettled(Array.from({ length: 3_000 }, () => store.confirm()));
    const refused = calls.filter((call) => call.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(3_000);
    expect(refused[0]?.reason).toMatchObject({ code: "unavailable", persisted: "no" });
    await appendTo(store, "bat_1");
    await store.close();
  });

  it("erases at opening the keys whose loss was committed and not yet carried out", async () => {
    const store = await open();
    const key = (id: string) => ({ id, wrappedBy: "deployment/1", box: bytes(id) });
    await appendTo(store, "bat_1", { keys: [key("subject:ana"), key("subject:ben")] });
    await store.close();
    const file = new DatabaseSync(join(directory, "postern.sqlite"));
    file.exec("INSERT INTO lost_keys (id) VALUES ('subject:ana')");
    file.close();
    const again = await open();
    expect((await collect(again.keys())).map((found) => found.id)).toEqual(["subject:ben"]);
    await again.close();
    const keyring = new DatabaseSync(join(directory, "keyring.sqlite"));
    expect(keyring.prepare("SELECT box FROM keys WHERE id = 'subject:ana'").get()).toEqual({
      box: new Uint8Array(32),
    });
    keyring.close();
  });

  it("says which migrations it has seen", async () => {
    const store = await open();
    expect(await store.status()).toMatchObject({
      kind: "sqlite",
      newest: 7,
      migrations: [
        { number: 1, name: "first" },
        { number: 2, name: "cursors" },
        { number: 3, name: "factors" },
        { number: 4, name: "artifacts" },
        { number: 5, name: "devices" },
        { number: 6, name: "roles" },
        { number: 7, name: "signals" },
      ],
    });
    await store.close();
  });

  it.each([...CRASH_POINTS])("killed at %s keeps every acknowledged batch whole", async (point) => {
    const { acknowledged, signal } = await killedWriter(directory, point, 4);
    expect(signal).toBe("SIGKILL");
    expect(acknowledged).toBe(3);
    const store = await open();
    const head = (await store.confirm()).head;
    const persisted = point === "after-commit" ? 4 : 3;
    expect(head?.size).toBe(persisted * 2);
    expect(await store.entries(0, 99)).toHaveLength(persisted * 2);
    expect(await collect(store.rows("locks"))).toHaveLength(persisted);
    expect(await store.committed("bat_4")).toBe(persisted === 4);
    // Before its last batch the writer had lost the key of the first.
    const ids = (await collect(store.keys())).map((key) => key.id);
    expect(ids.includes("subject:1")).toBe(persisted < 4);
    expect(ids).toEqual(expect.arrayContaining(["subject:2", "subject:3"]));
    await appendTo(store, "bat_5");
    await store.close();
  });
});

/** A process that appends until it is killed, and how many of its batches were acknowledged. */
function killedWriter(
  directory: string,
  point: CrashPoint,
  occurrence: number,
): Promise<{ readonly acknowledged: number; readonly signal: string | null }> {
  const script = join(import.meta.dirname, "killed-writer.ts");
  const child = spawn(
    process.execPath,
    ["--conditions=@postern/source", script, directory, point, String(occurrence)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return new Promise((resolve) => {
    child.once("close", (_, signal) => resolve({ acknowledged: said.split("\n").length - 1, signal }));
  });
}
