import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyFork } from "@postern/ledger";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nodeFiles } from "../../src/index.ts";
import { type DurableFile, durableFile } from "../../src/witness/durable-file.ts";
import { evidenceFolder } from "../../src/witness/evidence-file.ts";
import { type Follower, followLog, type WitnessEvent } from "../../src/witness/follow-log.ts";
import { type Keeper, keeper } from "../../src/witness/keeper.ts";
import { makeWitnessKey } from "../../src/witness/key-file.ts";
import { type Listening, listen } from "../../src/witness/listen.ts";
import { beginState, type WitnessState } from "../../src/witness/witness-state.ts";
import { terminal } from "../terminal.ts";
import { type FakeLog, fakeLog, ORIGIN } from "./fake-log.ts";

const key = makeWitnessKey("witness.example/1");
let folder: string;
let file: DurableFile;
let state: WitnessState;
let deciding: Keeper;
let told: WitnessEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-follow-"));
  file = durableFile(join(folder, "state"));
  state = await beginState(file, key.vkey);
  told = [];
  deciding = keeper({
    key,
    state,
    sourceOf: () => null,
    now: () => 1_800_000_000_000,
    hears: { cosigned: () => undefined, refused: () => undefined },
  });
});
afterEach(async () => {
  file.close();
  await rm(folder, { recursive: true, force: true });
});

function follow(log: FakeLog, trusted: readonly string[] = []): Follower {
  return followLog({
    source: log.source,
    state,
    keeper: deciding,
    evidence: evidenceFolder(folder, nodeFiles),
    trusted,
    tell: (event) => told.push(event),
  });
}

function grown(by: number, mark?: string, secret?: string): FakeLog {
  const log = fakeLog(ORIGIN, secret);
  log.grow(by, mark);
  return log;
}

describe("a witness that follows", () => {
  it("cosigns what it sees grow", async () => {
    const log = grown(5);
    const one = follow(log, [log.vkey]);
    for (const by of [0, 3, 0, 300]) {
      log.grow(by);
      expect(await one.step()).toBe(true);
      expect(state.get(ORIGIN)?.head?.size).toBe(BigInt(log.size()));
    }
    expect(told.map(({ event }) => event)).toEqual(["trusted"]);
  });

  it("refuses the second of two logs of one name and one key, and proves it", async () => {
    const [real, clone] = [grown(5), grown(7, "clone")];
    await follow(real).step();
    expect(await follow(clone).step()).toBe(false);
    expect(told.at(-1)).toMatchObject({ event: "refused", reason: "fork", origin: ORIGIN });
    const [name = ""] = (await readdir(folder)).filter((entry) => entry.startsWith("fork-5-7-"));
    const report = verifyFork(await readFile(join(folder, name), "utf8"), { trustedKeys: [real.vkey] });
    expect(report.ok).toBe(true);
    expect(state.get(ORIGIN)?.head?.size).toBe(5n);
  });

  it("refuses a log of the same name with another key", async () => {
    await follow(grown(5)).step();
    expect(await follow(grown(5, "entry", "another secret")).step()).toBe(false);
    expect(told.at(-1)).toMatchObject({ event: "refused", reason: "bad_signature" });
    expect(state.get(ORIGIN)?.head?.size).toBe(5n);
  });

  it("looks once at a time, whoever asks for it meanwhile", async () => {
    const log = grown(5);
    let asked = 0;
    const keys = async () => {
      asked += 1;
      return log.source.keys();
    };
    const one = follow({ ...log, source: { ...log.source, keys } }, [log.vkey]);
    expect(await Promise.all([one.step(), one.step()])).toEqual([true, true]);
    const atFirst = asked;
    expect(await one.step()).toBe(true);
    expect(atFirst).toBe(2);
    expect(told.map(({ event }) => event)).toEqual(["trusted"]);
  });

  it("forgets no head that was cosigned while an answer about the log's keys was held back", async () => {
    const [real, clone] = [grown(5), grown(5, "clone")];
    let held: (() => void) | null = null;
    let asked = 0;
    const keys = async () => {
      asked += 1;
      if (asked === 2) await new Promise<void>((resolve) => (held = resolve));
      return clone.source.keys();
    };
    const late = follow({ ...clone, source: { ...clone.source, keys } }).step();
    await vi.waitFor(() => expect(held).not.toBeNull());
    await follow(real).step();
    const first = state.get(ORIGIN)?.head?.root;
    (held as (() => void) | null)?.();
    expect(await late).toBe(false);
    expect(state.get(ORIGIN)?.head?.root).toEqual(first);
    expect(told.filter(({ event }) => event === "trusted")).toHaveLength(1);
    expect(told.at(-1)).toMatchObject({ event: "refused", reason: "fork" });
  });

  it("does not begin with a log whose key is none of those it was given", async () => {
    expect(await follow(grown(5), [grown(1, "entry", "another secret").vkey]).step()).toBe(false);
    expect(state.all()).toEqual([]);
  });

  it("tells one trouble once, and cosigns again once the log is as it was", async () => {
    const log = grown(5);
    const one = follow(log);
    await one.step();
    const before = log.note(3);
    log.lies.set("checkpoint", before);
    for (let times = 0; times < 3; times++) expect(await one.step()).toBe(false);
    log.lies.clear();
    log.grow(1);
    expect(await one.step()).toBe(true);
    expect(told.filter(({ event }) => event === "refused")).toHaveLength(1);
    expect(state.get(ORIGIN)?.head?.size).toBe(6n);
  });
});

describe("a witness that listens", () => {
  let listening: Listening;
  const id = createHash("sha256").update(ORIGIN).digest("hex");
  beforeEach(async () => {
    listening = await listen({ host: "127.0.0.1", port: 0 }, deciding, state, async () => undefined);
  });
  afterEach(() => listening.close());
  const ask = async (path: string, body?: string) => {
    const response = await fetch(
      `${listening.url}${path}`,
      body === undefined ? {} : { method: "POST", body },
    );
    return [response.status, response.headers.get("content-type"), await response.text()] as const;
  };

  it("speaks add-checkpoint, with the size it holds where the request builds on another", async () => {
    const log = grown(5);
    expect((await ask("/add-checkpoint", log.request(0)))[0]).toBe(404);
    await follow(log).step();
    log.grow(4);
    expect(await ask("/add-checkpoint", log.request(0))).toEqual([409, "text/x.tlog.size", "5\n"]);
    const [status, type, lines] = await ask("/add-checkpoint", log.request(5));
    expect([status, type]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(lines).toMatch(/^— witness\.example\/1 [A-Za-z0-9+/]+=*\n$/);
    expect((await ask(`/checkpoint/${id}`))[2]).toBe(state.get(ORIGIN)?.head?.note);
  });

  it.each([
    ["/add-checkpoint", undefined, 405],
    ["/add-checkpoint", "x".repeat(300_000), 413],
    ["/add-checkpoint", "", 400],
    ["/add-checkpoint/", "old 0\n\n", 404],
    ["/checkpoint/../state", undefined, 404],
    [`/checkpoint/${"0".repeat(64)}`, undefined, 404],
    ["/", undefined, 404],
  ])("answers %s with its status", async (path, body, status) => {
    const answered = await ask(path, body).then(
      ([code]) => code,
      () => 413,
    );
    expect(answered).toBe(status);
  });
});

describe("postern witness", () => {
  const run = terminal();
  const words = (name: string, ...more: readonly string[]) => [
    ...["witness", "--log", "http://127.0.0.1:9", "--key", join(folder, name), "--once"],
    ...more,
  ];

  it("makes a key of its own, prints it, and waits for a log that is away", async () => {
    const said = await run(words("key", "--name", "witness.example/9"));
    expect([said.exit, said.stdout]).toEqual([
      0,
      expect.stringMatching(/^witness {3}witness\.example\/9\+[0-9a-f]{8}\+B/),
    ]);
    expect((await run(words("key"))).exit).toBe(0);
  });

  it("does not go on without the state that belongs to its key", async () => {
    await run(words("key"));
    await rm(join(folder, "key.state"));
    const said = await run(words("key"));
    expect([said.exit, said.stderr]).toEqual([1, expect.stringContaining("the key has no state")]);
    expect((await run(words("key", "--new-state"))).exit).toBe(0);
  });

  it("does not run twice on one state, nor on one that is cut off", async () => {
    await run(words("key"));
    const other = durableFile(join(folder, "key.state"));
    expect((await run(words("key"))).stderr).toContain("in use by another process");
    await other.replace('{"format":"postern-witness@1","logs":[');
    other.close();
    const said = await run(words("key"));
    expect([said.exit, said.stderr]).toEqual([1, expect.stringContaining("a witness must not forget")]);
  });

  it.each([
    ["without a key", ["witness", "--log", "http://127.0.0.1:9"]],
    ["without a log", ["witness", "--key", "nowhere"]],
    ["with an address that is none", ["witness", "--key", "nowhere", "--log", "ledger"]],
    [
      "with a port that is none",
      ["witness", "--key", "nowhere", "--log", "http://127.0.0.1:9", "--listen", "70000"],
    ],
    [
      "with a log's key that is none",
      ["witness", "--key", "nowhere", "--log", "http://127.0.0.1:9", "--log-key", "x"],
    ],
  ])("is not understood %s", async (_, line) => {
    expect((await run(line)).exit).toBe(2);
  });
});
