import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addSignatures, cosigner, entryBundle, utf8, verifierOf } from "@postern/ledger";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nodeFiles } from "../../src/index.ts";
import { evidenceFolder } from "../../src/witness/evidence-file.ts";
import { SourceError } from "../../src/witness/log-source.ts";
import { type MonitorEvent, type MonitorOptions, monitor } from "../../src/witness/monitor.ts";
import { firstTrust } from "../../src/witness/trusted-log.ts";
import { type FakeLog, fakeLog, seedOf } from "./fake-log.ts";

let folder: string;
let log: FakeLog;
let now: number;
let told: MonitorEvent[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-monitor-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  log = fakeLog();
  log.grow(5);
  now = 1_800_000_000_000;
  told = [];
});

async function watch(more: Partial<MonitorOptions> = {}) {
  return monitor(
    { log: firstTrust(await log.source.keys(), []), head: null },
    {
      source: log.source,
      evidence: evidenceFolder(folder, nodeFiles),
      witnesses: null,
      stale: null,
      away: 60_000,
      token: null,
      now: () => now,
      patience: 60_000,
      keep: async () => undefined,
      tell: (event) => told.push(event),
      ...more,
    },
  );
}

describe("a monitor", () => {
  it("tells each growth once, over many tiles and over a rotation of the key", async () => {
    const step = await watch({ token: "a token" });
    const sizes = [5, 5, 300, 301, 700];
    for (const size of sizes) {
      log.grow(size - log.size());
      expect(await step()).toBeNull();
      if (size === 300) log.rotate();
    }
    expect(told.map((event) => event.event === "growth" && [event.from, event.size])).toEqual([
      [0, 5],
      [5, 300],
      [300, 301],
      [301, 700],
    ]);
  });

  it("raises the alarm on a fork, with evidence", async () => {
    const step = await watch();
    await step();
    log.cutTo(2);
    log.grow(9, "other");
    expect(await step()).toBe("fork");
    expect(told.at(-1)).toMatchObject({
      event: "alarm",
      evidence: expect.stringMatching(/fork-5-11-.*\.json$/),
    });
  });

  it("raises the alarm on a head that is older than one it has seen", async () => {
    const step = await watch();
    await step();
    log.cutTo(3);
    expect(await step()).toBe("rollback");
  });

  it("raises the alarm on a head that another key signed, and on a garbled one", async () => {
    const step = await watch();
    const stranger = fakeLog(undefined, "another secret");
    stranger.grow(8);
    for (const answer of [stranger.note(), "garbled", `${log.note()}${"x".repeat(2_000_000)}`]) {
      log.lies.set("checkpoint", answer);
      expect(await step()).toBe("bad_signature");
    }
  });

  it("does not follow a log whose past keys became others", async () => {
    const step = await watch();
    await step();
    const stranger = fakeLog(undefined, "another secret");
    stranger.grow(8);
    log.lies.set("checkpoint", stranger.note());
    log.lies.set("keys", "");
    expect(await step()).toBe("bad_signature");
  });

  it("raises the alarm where entries are not those of the tree", async () => {
    const step = await watch({ token: "a token" });
    log.lies.set("entries", entryBundle(Array.from({ length: 5 }, () => utf8("{}"))));
    expect(await step()).toBe("entries");
    expect(told.at(-1)).toMatchObject({ detail: "entry 0 is not the one that the tree holds" });
  });

  it("raises the alarm where nothing newer was shown for too long, and not before", async () => {
    const step = await watch({ stale: 100_000 });
    await step();
    now += 90_000;
    expect(await step()).toBeNull();
    log.grow(1);
    await step();
    now += 90_000;
    expect(await step()).toBeNull();
    now += 20_000;
    expect(await step()).toBe("stale");
  });

  it("may rest for as long as a witness goes on saying that nothing newer is there", async () => {
    const word = (): string =>
      addSignatures(log.note(), cosigner("witness.example/1", seedOf("w"), BigInt(now / 1000)));
    const keys = [verifierOf(cosigner("witness.example/1", seedOf("w"), 0n))];
    const step = await watch({ stale: 100_000, witnesses: { keys, count: 1 } });
    log.lies.set("checkpoint", word());
    for (let hours = 0; hours < 9; hours++) {
      expect(await step()).toBeNull();
      now += 90_000;
      log.lies.set("checkpoint", word());
    }
    log.lies.set("checkpoint", log.note());
    now += 100_001;
    expect(await step()).toBe("not_cosigned");
  });

  it("does not count a cosignature of the future, nor an old one that is shown again", async () => {
    const at = (seconds: number): string =>
      addSignatures(log.note(), cosigner("witness.example/1", seedOf("w"), BigInt(seconds)));
    const keys = [verifierOf(cosigner("witness.example/1", seedOf("w"), 0n))];
    for (const seconds of [now / 1000 + 86_400, now / 1000 - 86_400]) {
      const step = await watch({ stale: 100_000, patience: 0, witnesses: { keys, count: 1 } });
      log.lies.set("checkpoint", at(seconds));
      now += 1;
      expect(await step()).toBe("not_cosigned");
    }
  });

  it("bears with a log that is away, but not for ever", async () => {
    const step = await watch();
    log.lies.set("checkpoint", new SourceError("nobody is there"));
    expect(await step()).toBeNull();
    now += 60_001;
    expect(await step()).toBe("away");
  });

  it("raises the alarm where tiles do not lead to the root, once it has looked again", async () => {
    const step = await watch();
    await step();
    log.grow(4);
    const honest = log.note();
    log.cutTo(5);
    log.grow(4, "other");
    log.lies.set("checkpoint", honest);
    expect(await step()).toBe("unproved");
  });
});
