import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addSignatures,
  cosignaturesOf,
  ed25519Signer,
  formatAddCheckpoint,
  formatCheckpoint,
  longestAddCheckpoint,
  parseNote,
  signNote,
  verifier,
  withCosignatures,
} from "@postern/ledger";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DurableFile, durableFile, FileInUseError } from "../../src/witness/durable-file.ts";
import { type Keeper, keeper } from "../../src/witness/keeper.ts";
import { formatWitnessKey, makeWitnessKey, parseWitnessKey } from "../../src/witness/key-file.ts";
import { firstTrust } from "../../src/witness/trusted-log.ts";
import { beginState, readState, type WitnessState } from "../../src/witness/witness-state.ts";
import { type FakeLog, fakeLog, ORIGIN, seedOf } from "./fake-log.ts";

const key = makeWitnessKey("witness.example/1");
const own = [verifier(key.vkey)];
let folder: string;
let file: DurableFile;
let state: WitnessState;
let log: FakeLog;
let now: number;
let refused: string[];
let deciding: Keeper;

const keep = (over: WitnessState): Keeper =>
  keeper({
    key,
    state: over,
    sourceOf: () => log.source,
    now: () => now,
    hears: { cosigned: () => undefined, refused: (_, head, kind) => refused.push(`${kind} ${head.size}`) },
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "postern-keeper-"));
  file = durableFile(join(folder, "state"));
  state = await beginState(file, key.vkey);
  log = fakeLog();
  log.grow(5);
  now = 1_800_000_000_000;
  refused = [];
  await state.set({ ...firstTrust(await log.source.keys(), [log.vkey]), head: null, time: 0 });
  deciding = keep(state);
});
afterEach(async () => {
  file.close();
  await rm(folder, { recursive: true, force: true });
});

const remembered = () => Number(state.get(ORIGIN)?.head?.size ?? -1);

describe("a witness that is asked", () => {
  it("cosigns a first head and each growth, and has it on disk before it answers", async () => {
    for (const [from, to] of [
      [0, 5],
      [5, 9],
      [9, 300],
      [300, 300],
    ] as const) {
      log.grow(to - log.size());
      const { status, text } = await deciding.add(log.request(from));
      expect(status).toBe(200);
      const note = withCosignatures(log.note(), text, own);
      expect(cosignaturesOf(note, own)).toMatchObject([{ time: BigInt(now / 1000) }]);
      const kept = await readState(file, key.vkey);
      expect(kept?.get(ORIGIN)?.head).toMatchObject({ size: BigInt(to), note });
    }
  });

  it("answers each fault with the status that the protocol has for it", async () => {
    await deciding.add(log.request(0));
    const stranger = ed25519Signer(ORIGIN, seedOf("another log of the name"));
    const head = formatCheckpoint({ origin: ORIGIN, size: 6, root: seedOf("a root") });
    const elsewhere = fakeLog("another.example/1");
    elsewhere.grow(3);
    log.grow(4);
    const asked = async (body: string) => (await deciding.add(body)).status;
    expect(await asked("nonsense")).toBe(400);
    expect(await asked(log.request(9, 5))).toBe(400);
    expect(await asked(elsewhere.request(0))).toBe(404);
    const foreign = formatAddCheckpoint({ oldSize: 5, proof: [], checkpoint: signNote(head, stranger) });
    expect(await asked(foreign)).toBe(403);
    const sameId = { ...stranger, keyId: log.vkey.split("+")[1] ?? "" };
    expect(
      await asked(formatAddCheckpoint({ oldSize: 5, proof: [], checkpoint: signNote(head, sameId) })),
    ).toBe(403);
    expect(await asked("x".repeat(longestAddCheckpoint + 1))).toBe(413);
    expect(await asked(log.request(5).replace(/\n[A-Za-z0-9+/]{43}=\n/, "\n"))).toBe(422);
    expect(await deciding.add(log.request(3))).toEqual({
      status: 409,
      type: "text/x.tlog.size",
      text: "5\n",
    });
    expect(remembered()).toBe(5);
  });

  it("refuses a fork at the same size and beyond it, and goes on holding what it cosigned", async () => {
    await deciding.add(log.request(0));
    log.cutTo(3);
    log.grow(2, "other");
    expect((await deciding.add(log.request(5))).status).toBe(409);
    log.grow(4, "other");
    expect((await deciding.add(log.request(5))).status).toBe(422);
    expect(refused).toEqual(["forked 5", "unproved 9"]);
    expect(remembered()).toBe(5);
  });

  it("never goes back when two requests come at once", async () => {
    await deciding.add(log.request(0));
    log.grow(20);
    const bodies = [25, 12, 20, 7].map((to) => log.request(5, to));
    const answers = await Promise.all(bodies.map((body) => deciding.add(body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 409]);
    expect(answers[1]?.text).toBe("25\n");
    expect(remembered()).toBe(25);
  });

  it("cosigns nothing that it could not remember", async () => {
    const full: WitnessState = { ...state, set: () => Promise.reject(new Error("the disk is full")) };
    const answer = await keep(full).add(log.request(0));
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain("—");
    expect(remembered()).toBe(-1);
  });

  it("states no time before one that it stated, whatever its clock does", async () => {
    await deciding.add(log.request(0));
    now -= 86_400_000;
    const { text } = await deciding.add(log.request(5));
    expect(cosignaturesOf(withCosignatures(log.note(), text, own), own)).toMatchObject([
      { time: 1_800_000_000n },
    ]);
  });

  it("learns of a key that was handed over, also where the request builds on another size", async () => {
    await deciding.add(log.request(0));
    log.rotate();
    log.grow(3);
    expect((await deciding.add(log.request(2))).status).toBe(409);
    expect((await deciding.add(log.request(5))).status).toBe(200);
    expect(state.get(ORIGIN)?.keys).toHaveLength(2);
  });

  it("does not ask the log for its keys each time that a stranger signs", async () => {
    const foreign = signNote(
      parseNote(log.note()).text,
      ed25519Signer("stranger.example", seedOf("stranger")),
    );
    const asked = log.keysAsked();
    for (let times = 0; times < 20; times++) {
      expect(
        (await deciding.add(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: foreign }))).status,
      ).toBe(403);
    }
    expect(log.keysAsked() - asked).toBe(1);
  });

  it("keeps no signature of strangers under what it remembers", async () => {
    const noisy = addSignatures(log.note(), ed25519Signer("stranger.example", seedOf("stranger")));
    expect(
      (await deciding.add(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint: noisy }))).status,
    ).toBe(200);
    const names = parseNote(state.get(ORIGIN)?.head?.note ?? "").signatures.map(({ name }) => name);
    expect(names).toEqual([ORIGIN, key.name]);
  });
});

describe("the state of a witness", () => {
  it("is refused cut off at any byte, and never taken for an empty one", async () => {
    await deciding.add(log.request(0));
    const whole = await readFile(join(folder, "state"), "utf8");
    for (let length = 0; length < whole.length - 1; length++) {
      const cut: DurableFile = { ...file, read: async () => whole.slice(0, length) };
      await expect(readState(cut, key.vkey)).rejects.toThrow(expect.objectContaining({ name: "StateError" }));
    }
  });

  it("is refused under another key, and with a head that this witness did not cosign", async () => {
    await deciding.add(log.request(0));
    const whole = await readFile(join(folder, "state"), "utf8");
    await expect(readState(file, makeWitnessKey("another.example").vkey)).rejects.toThrow("another key");
    const bent: DurableFile = { ...file, read: async () => whole.replace("\\n5\\n", "\\n4\\n") };
    await expect(readState(bent, key.vkey)).rejects.toThrow("not cosigned by this witness");
  });

  it("survives a process that died while it wrote: the draft does not count", async () => {
    await deciding.add(log.request(0));
    await writeFile(join(folder, "state.next"), '{"format":"postern-wit');
    expect((await readState(file, key.vkey))?.get(ORIGIN)?.head?.size).toBe(5n);
    log.grow(1);
    expect((await deciding.add(log.request(5))).status).toBe(200);
    expect((await readState(file, key.vkey))?.get(ORIGIN)?.head?.size).toBe(6n);
  });

  it("belongs to one process at a time", () => {
    expect(() => durableFile(join(folder, "state"))).toThrow(FileInUseError);
  });
});

describe("a witness's key file", () => {
  it("comes back as it was written, and is refused altered", () => {
    const text = formatWitnessKey(key);
    expect(parseWitnessKey(text)).toEqual(key);
    for (const bad of [
      "",
      text.slice(0, -8),
      text.replace("witness.example/1", "witness.example/2"),
      key.vkey,
    ]) {
      expect(() => parseWitnessKey(bad)).toThrow(expect.objectContaining({ code: "malformed_key" }));
    }
  });
});
