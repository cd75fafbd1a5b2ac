import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonicalJson,
  cosigner,
  type ExportReport,
  ed25519Signer,
  exportLines,
  formatExportLine,
  formatVkey,
  leafHash,
  readExport,
  signNote,
  utf8,
  verifyExport,
  writeExport,
} from "../src/index.ts";
import { seed } from "./reference.ts";
import {
  checkpointOf,
  entryText,
  key2,
  origin,
  type Sample,
  sampleExport,
  sampleLines,
  trust,
} from "./sample-export.ts";

const sample: Sample = { size: 41, checkpoints: [10, 20, 41], rotateAt: 15 };

function sentences(report: ExportReport): string {
  return report.checks.map(({ check, ok, detail }) => `${ok ? "yes" : "NO"} ${check}: ${detail}`).join("\n");
}

/** Lines of the export with the parts of one of them changed. */
function withLine(lines: readonly string[], at: number, change: (line: string) => string): readonly string[] {
  return lines.map((line, place) => (place === at ? change(line) : line));
}

function lineOf(lines: readonly string[], index: number): number {
  return lines.findIndex((line) => line.includes(`"index":${index},`));
}

function change(
  lines: readonly string[],
  index: number,
  fields: Readonly<Record<string, unknown>>,
): readonly string[] {
  return withLine(lines, lineOf(lines, index), (line) => canonicalJson({ ...JSON.parse(line), ...fields }));
}

async function firstBad(lines: readonly string[], more: object = {}) {
  const report = await verifyExport(lines, { ...trust, ...more });
  expect(report.ok, sentences(report)).toBe(false);
  expect(report.checks.some(({ ok }) => !ok)).toBe(true);
  return report.firstBad;
}

describe("an untouched export", () => {
  it("verifies, and each check says in words what was done", async () => {
    const report = await verifyExport(sampleExport(sample), trust);
    expect(report.ok, sentences(report)).toBe(true);
    expect(report.firstBad).toBeUndefined();
    expect(report.checks).toEqual([
      {
        check: "format",
        ok: true,
        detail: "the file is a complete export of the ledger postern.example/1 with 41 entries from index 0",
      },
      {
        check: "keys",
        ok: true,
        detail:
          "the checkpoint key of key epoch 1 is one that you trust, and each later key up to key epoch 2 was handed over by the one before it",
      },
      { check: "order", ok: true, detail: "41 entries stand in order, none missing and none twice" },
      { check: "leaves", ok: true, detail: "recomputed 41 leaf hashes, and each is the one recorded" },
      { check: "canonical", ok: true, detail: "41 entries are written in the one canonical form of JSON" },
      { check: "checkpoints", ok: true, detail: "3 earlier signed checkpoints agree with the tree" },
      {
        check: "root",
        ok: true,
        detail: "the tree root at size 41 equals the checkpoint signed by postern.example/1 (key epoch 2)",
      },
      { check: "reveals", ok: true, detail: "14 revealed values match their commitments" },
    ]);
  });

  it("verifies whatever part of the log it holds and wherever checkpoints stand", async () => {
    const shapes = fc
      .record({
        size: fc.integer({ min: 1, max: 60 }),
        checkpoints: fc.array(fc.integer({ min: 1, max: 60 })),
      })
      .chain(({ size, checkpoints }) =>
        fc.record({
          size: fc.constant(size),
          checkpoints: fc.constant(checkpoints),
          from: fc.integer({ min: 0, max: size }),
          dropped: fc.array(fc.integer({ min: 0, max: size })),
        }),
      )
      .chain((shape) =>
        fc.record({
          shape: fc.constant(shape),
          to: fc.integer({ min: Math.max(1, shape.from), max: shape.size }),
          earlier:
            shape.from > 1 ? fc.integer({ min: 1, max: shape.from - 1 }).map((at) => [at]) : fc.constant([]),
        }),
      )
      .map(({ shape, to, earlier }): Sample => ({ ...shape, to, earlier }));
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const report = await verifyExport(sampleExport(shape), trust);
        expect(report.ok, `${JSON.stringify(shape)}\n${sentences(report)}`).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("of an empty log verifies", async () => {
    expect((await verifyExport(sampleExport({ size: 0 }), trust)).ok).toBe(true);
  });

  it("counts bodies that retention dropped", async () => {
    const report = await verifyExport(sampleExport({ size: 12, dropped: [1, 2] }), trust);
    expect(report.ok).toBe(true);
    expect(sentences(report)).toContain("2 bodies were dropped by retention");
  });

  it("comes through bytes cut anywhere", async () => {
    const text = `${sampleExport(sample).join("\n")}\n`;
    const bytes = utf8(text);
    for (const width of [1, 7, 1000, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / width) }, (_, at) =>
        bytes.subarray(at * width, (at + 1) * width),
      );
      expect((await verifyExport(exportLines(chunks), trust)).ok).toBe(true);
    }
  });

  it("reads back as it was written", async () => {
    const parts = sampleLines(sample);
    const [header, ...rest] = parts;
    const end = rest.at(-1);
    if (header?.kind !== "header" || end?.kind !== "end") throw new Error("the sample has no frame");
    const items = rest.flatMap((line) => (line.kind === "header" || line.kind === "end" ? [] : [line]));
    const lines: string[] = [];
    for await (const line of writeExport(header, items, end)) lines.push(line);
    const read: unknown[] = [];
    for await (const line of readExport(lines)) read.push(line);
    expect(read).toEqual(parts);
  });
});

describe("a tampered export is refused, naming the index", () => {
  it("when any one byte of an entry is changed", async () => {
    const lines = sampleExport(sample);
    const bytes = fc.record({
      index: fc.integer({ min: 0, max: 40 }),
      at: fc.nat(),
      bit: fc.integer({ min: 0, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(bytes, async ({ index, at, bit }) => {
        const changed = withLine(lines, lineOf(lines, index), (line) => {
          const start = line.indexOf('"entry":"') + '"entry":"'.length;
          const end = line.indexOf('","index"');
          const place = start + (at % (end - start));
          const unit = String.fromCharCode(line.charCodeAt(place) ^ (1 << bit));
          return line.slice(0, place) + unit + line.slice(place + 1);
        });
        expect((await firstBad(changed))?.index).toBe(index);
      }),
      { numRuns: 80 },
    );
  });

  it("when an entry is changed but not its leaf hash", async () => {
    const entry = entryText(7, sample).replace("granted", "revoked");
    const report = await verifyExport(change(sampleExport(sample), 7, { entry }), trust);
    expect(report.firstBad).toEqual({
      reason: "entry_changed",
      index: 7,
      detail:
        "entry 7 hashes to another leaf hash than the one recorded for it; a signed checkpoint confirms the recorded hash, so the entry was changed",
    });
  });

  it("when a leaf hash is changed but not its entry, and says which of the two it was", async () => {
    const other = Buffer.from(leafHash(utf8("other"))).toString("base64");
    const bad = await firstBad(change(sampleExport(sample), 23, { leafHash: other }));
    expect(bad).toMatchObject({ reason: "leaf_hash_changed", index: 23 });
  });

  it("when several entries are changed: the first is named and the others counted", async () => {
    let lines = sampleExport(sample);
    for (const index of [30, 12, 33]) {
      lines = change(lines, index, { entry: entryText(index, sample).replace("granted", "revoked") });
    }
    const bad = await firstBad(lines);
    expect(bad?.index).toBe(12);
    expect(bad?.detail).toContain("and so do 2 after it");
  });

  it("when entry and leaf hash are both changed: the checkpoints on either side bound it", async () => {
    const entry = entryText(13, sample).replace("granted", "revoked");
    const hash = Buffer.from(leafHash(utf8(entry))).toString("base64");
    const bad = await firstBad(change(sampleExport(sample), 13, { entry, leafHash: hash }));
    expect(bad).toMatchObject({ reason: "rewritten", index: 10, through: 19 });
  });

  it("when two entries are swapped", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 2 }),
        async (pair) => {
          const lines = sampleExport({ size: 41 });
          const [low, high] = pair
            .toSorted((left, right) => left - right)
            .map((index) => lineOf(lines, index));
          const swapped = lines.map(
            (line, at) => (at === low ? lines[high ?? 0] : at === high ? lines[low ?? 0] : line) ?? "",
          );
          const bad = await firstBad(swapped);
          expect(bad).toMatchObject({ reason: "reordered", index: Math.min(...pair) });
        },
      ),
      { numRuns: 15 },
    );
  });

  it("when two entries are swapped and numbered anew", async () => {
    const lines = change(sampleExport(sample), 4, { entry: entryText(5, sample) });
    const bad = await firstBad(change(lines, 5, { entry: entryText(4, sample) }));
    expect(bad).toMatchObject({ reason: "entry_changed", index: 4 });
  });

  it("when one entry is dropped from the file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), async (index) => {
        const lines = sampleExport(sample);
        const bad = await firstBad(lines.filter((_, at) => at !== lineOf(lines, index)));
        expect(bad?.index).toBe(index);
        expect(["missing", "tail_cut"]).toContain(bad?.reason);
      }),
      { numRuns: 15 },
    );
  });

  it("when an entry stands twice", async () => {
    const lines = sampleExport({ size: 20 });
    const at = lineOf(lines, 8);
    const bad = await firstBad([...lines.slice(0, at), lines[at] ?? "", ...lines.slice(at)]);
    expect(bad).toMatchObject({ reason: "reordered", index: 9 });
  });

  it("when the tail is cut, at a line or within one", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 41 }), fc.boolean(), async (kept, within) => {
        const lines = sampleExport({ size: 41 });
        const cut = lines.slice(0, kept);
        const bad = await firstBad(within ? [...cut, (lines[kept] ?? "").slice(0, 30)] : cut);
        expect(bad?.index).toBe(kept - 1);
      }),
      { numRuns: 20 },
    );
  });

  it("when entries are cut before the end line", async () => {
    const lines = sampleExport({ size: 41 });
    const bad = await firstBad([...lines.slice(0, 31), lines.at(-1) ?? ""]);
    expect(bad).toMatchObject({ reason: "tail_cut", index: 30 });
  });

  it("when a revealed value or its salt is another", async () => {
    const reveals = (fields: object) => [
      { pointer: "/sealed/reason", salt: "BgYGBgYGBgYGBgYGBgYGBg==", value: "reason number 6", ...fields },
    ];
    const lines = sampleExport(sample);
    expect((await verifyExport(change(lines, 6, { reveals: reveals({}) }), trust)).ok).toBe(true);
    for (const fields of [
      { value: "another" },
      { pointer: "/act" },
      { pointer: "/none" },
      { salt: "AAAA" },
    ]) {
      const bad = await firstBad(change(lines, 6, { reveals: reveals(fields) }));
      expect(bad).toMatchObject({ reason: "reveal_mismatch", index: 6 });
    }
  });

  it("when an entry is not canonical, though its leaf hash and the log agree with it", async () => {
    const loose = `${entryText(2, sample)} `;
    const hash = Buffer.from(leafHash(utf8(loose))).toString("base64");
    const report = await verifyExport(
      change(sampleExport(sample), 2, { entry: loose, leafHash: hash }),
      trust,
    );
    expect(report.firstBad).toMatchObject({ reason: "not_canonical", index: 2 });
  });

  it("when a line holds an unknown field, is spelt another way, or is no export line at all", async () => {
    const lines = sampleExport(sample);
    const at = lineOf(lines, 4);
    const bad = [
      change(lines, 4, { note: "hello" }),
      withLine(lines, at, (line) => line.replace("{", "{ ")),
      withLine(lines, at, (line) => line.replace('"index":4', '"index":4,"index":4')),
      withLine(lines, at, () => "{}"),
      withLine(lines, at, () => ""),
      withLine(lines, at, () => "[".repeat(100_000)),
      change(lines, 4, { index: -4 }),
      change(lines, 4, { index: "4" }),
    ];
    for (const changed of bad) {
      expect(await firstBad(changed)).toMatchObject({ reason: "malformed", index: 4 });
    }
  });

  it("when a line is longer than any reader should hold", async () => {
    const lines = sampleExport(sample);
    const huge = change(lines, 4, { entry: "x".repeat(5_000_000) });
    expect(await firstBad(huge)).toMatchObject({ reason: "malformed", index: 4 });
    const bytes = exportLines([utf8("x".repeat(5_000_000))]);
    expect((await verifyExport(bytes, trust)).ok).toBe(false);
  });

  it("when something follows the end, the header is missing, or there is nothing", async () => {
    const lines = sampleExport(sample);
    expect(await firstBad([...lines, lines[1] ?? ""])).toMatchObject({ reason: "malformed" });
    expect(await firstBad(lines.slice(1))).toMatchObject({ reason: "malformed", index: 0 });
    expect(await firstBad([])).toMatchObject({ reason: "tail_cut", index: 0 });
  });
});

describe("checkpoints and keys", () => {
  it("signed by an unknown key prove nothing", async () => {
    const thief = ed25519Signer(origin, seed(66));
    const end = sampleLines(sample).at(-1);
    if (end?.kind !== "end") throw new Error("the sample has no end");
    const text = checkpointOf(sample, 41).split("\n\n")[0] ?? "";
    const resigned = formatExportLine({ ...end, checkpoint: signNote(`${text}\n`, thief) });
    const bad = await firstBad([...sampleExport(sample).slice(0, -1), resigned]);
    expect(bad).toMatchObject({ reason: "bad_checkpoint" });
    const report = await verifyExport(sampleExport(sample), { trustedKeys: [formatVkey(thief)] });
    expect(report.ok).toBe(false);
    expect(report.firstBad).toMatchObject({ reason: "untrusted_key" });
    expect((await verifyExport(sampleExport(sample), { trustedKeys: [] })).ok).toBe(false);
  });

  it("with any byte of a checkpoint line changed are refused", async () => {
    const lines = sampleExport({ size: 12, checkpoints: [5] });
    const at = lines.findIndex((line) => line.startsWith('{"checkpoint"'));
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (place) => {
        const changed = withLine(lines, at, (line) => {
          const to = place % line.length;
          return line.slice(0, to) + String.fromCharCode(line.charCodeAt(to) ^ 1) + line.slice(to + 1);
        });
        expect((await firstBad(changed))?.index).toBeLessThanOrEqual(5);
      }),
      { numRuns: 60 },
    );
  });

  it("must cover every entry: what stands after the newest one is signed by nobody", async () => {
    const end = sampleLines({ size: 30 }).at(-1);
    if (end === undefined) throw new Error("the sample has no end");
    const bad = await firstBad([...sampleExport({ size: 41 }).slice(0, -1), formatExportLine(end)]);
    expect(bad).toMatchObject({ reason: "not_signed", index: 30 });
  });

  it("are needed: an export from the middle of a log is tied to it by its first compact range", async () => {
    const lines = sampleExport({ size: 41, from: 12 });
    const other = JSON.parse(sampleExport({ size: 41, from: 12, otherFrom: 3, otherTo: 4 })[0] ?? "");
    const forged = withLine(lines, 0, (line) => canonicalJson({ ...JSON.parse(line), range: other.range }));
    expect(await firstBad(forged)).toMatchObject({ reason: "rewritten", index: 12, through: 40 });
    const short = withLine(lines, 0, (line) => canonicalJson({ ...JSON.parse(line), range: [] }));
    expect(await firstBad(short)).toMatchObject({ reason: "malformed", index: 12 });
  });

  it("older than the first entry must lead to it by a proof that holds", async () => {
    const lines = sampleExport({ size: 41, from: 12, earlier: [9] });
    const header = JSON.parse(lines[0] ?? "");
    const [right] = header.earlier;
    const wrong = [
      { ...right, consistency: right.consistency.slice(1) },
      { ...right, checkpoint: checkpointOf({ size: 41, otherFrom: 5 }, 9) },
      { ...right, checkpoint: checkpointOf({ size: 41 }, 13) },
    ];
    for (const earlier of wrong) {
      const forged = withLine(lines, 0, () => canonicalJson({ ...header, earlier: [earlier] }));
      expect(await firstBad(forged)).toMatchObject({ reason: "forked", index: 0, through: 11 });
    }
  });

  it("that give one size two roots show a log that has split", async () => {
    const lines = sampleExport({ size: 41, checkpoints: [10] });
    const at = lines.findIndex((line) => line.startsWith('{"checkpoint"'));
    const second = canonicalJson({ checkpoint: checkpointOf({ size: 41, otherFrom: 2 }, 10) });
    const bad = await firstBad([...lines.slice(0, at + 1), second, ...lines.slice(at + 1)]);
    expect(bad).toMatchObject({ reason: "forked", index: 9 });
    expect(bad?.detail).toContain("has signed two different roots at size 10");
  });

  it("older than the trusted key are left aside, and say so", async () => {
    const report = await verifyExport(sampleExport(sample), { trustedKeys: [formatVkey(key2)] });
    expect(report.ok, sentences(report)).toBe(true);
    expect(sentences(report)).toContain("1 older one is signed by keys that you did not say you trust");
  });

  it("by a key that has handed over are refused", async () => {
    const late = checkpointOf({ size: 41 }, 41);
    const end = sampleLines(sample).at(-1);
    if (end?.kind !== "end") throw new Error("the sample has no end");
    const bad = await firstBad([
      ...sampleExport(sample).slice(0, -1),
      formatExportLine({ ...end, checkpoint: late }),
    ]);
    expect(bad).toMatchObject({ reason: "bad_checkpoint" });
  });

  it("must be cosigned by as many witnesses as one asks for", async () => {
    const witnesses = [7, 8].map((byte) => cosigner(`witness.example/${byte}`, seed(byte), 1_700_000_000n));
    const keys = witnesses.map(formatVkey);
    const both = sampleExport({ size: 9, witnesses });
    const one = sampleExport({ size: 9, witnesses: witnesses.slice(1) });
    expect((await verifyExport(both, { ...trust, requireCosignatures: { keys, count: 2 } })).ok).toBe(true);
    expect((await verifyExport(one, { ...trust, requireCosignatures: { keys, count: 1 } })).ok).toBe(true);
    const bad = await firstBad(one, { requireCosignatures: { keys, count: 2 } });
    expect(bad).toMatchObject({ reason: "not_cosigned" });
    const twice = { ...trust, requireCosignatures: { keys: [keys[0] ?? "", keys[0] ?? ""], count: 2 } };
    await expect(verifyExport(both, twice)).rejects.toThrow(
      expect.objectContaining({ code: "out_of_range" }),
    );
  });
});

describe("cosignatures", () => {
  const time = 1_700_000_000n;
  const w = (byte: number, name = `witness.example/${byte}`) => cosigner(name, seed(byte), time);
  const asked = (keys: readonly string[], count = keys.length, latest?: bigint) => ({
    ...trust,
    requireCosignatures: { keys, count, ...(latest === undefined ? {} : { latest }) },
  });

  it("are told with the name and the time of each witness", async () => {
    const lines = sampleExport({ size: 9, witnesses: [w(7)] });
    expect(sentences(await verifyExport(lines, asked([formatVkey(w(7))])))).toContain(
      "1 of the 1 witness you named cosigned the checkpoint at size 9 (witness.example/7 on 2023-11-14 22:13:20 UTC)",
    );
  });

  it("that nobody asked for are named as not verified", async () => {
    const report = await verifyExport(sampleExport({ size: 9, witnesses: [w(7)] }), trust);
    expect(report.ok).toBe(true);
    expect(sentences(report)).toContain("in the name of witness.example/7, which were not verified");
  });

  it("of the future, by another key of the name, or by the log's own key do not count", async () => {
    const future = sampleExport({ size: 9, witnesses: [w(7)] });
    expect((await verifyExport(future, asked([formatVkey(w(7))], 1, time - 1n))).ok).toBe(false);
    const other = sampleExport({ size: 9, witnesses: [w(8, "witness.example/7")] });
    expect((await verifyExport(other, asked([formatVkey(w(7))]))).ok).toBe(false);
    const itself = cosigner("witness.example/own", seed(1), time);
    const own = sampleExport({ size: 9, witnesses: [itself] });
    expect((await verifyExport(own, asked([formatVkey(itself)]))).ok).toBe(false);
  });

  it("are not asked of a key that signs logs", async () => {
    const lines = sampleExport({ size: 9 });
    await expect(
      verifyExport(lines, asked([formatVkey(ed25519Signer("a.example", seed(4)))])),
    ).rejects.toThrow(expect.objectContaining({ code: "malformed_key" }));
  });
});

describe("a checkpoint kept from before", () => {
  it("agrees wherever it stands in the log", async () => {
    const shapes: readonly (readonly [Sample, number])[] = [
      [{ size: 30 }, 1],
      [{ size: 30 }, 17],
      [{ size: 30 }, 30],
      [{ size: 30, from: 12 }, 12],
      [{ size: 30, from: 12, to: 20 }, 30],
      [{ size: 30, from: 12, earlier: [9] }, 9],
    ];
    for (const [shape, at] of shapes) {
      const held = { ...trust, lastKnownCheckpoint: checkpointOf(shape, at) };
      const report = await verifyExport(sampleExport(shape), held);
      expect(report.ok, `${at}\n${sentences(report)}`).toBe(true);
      expect(sentences(report)).toContain(
        `the log grew consistently from the checkpoint you hold (size ${at})`,
      );
    }
  });

  it("shows a log that has split, though all of it is signed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 24 }), async (otherFrom) => {
        const lastKnownCheckpoint = checkpointOf({ size: 25 }, 25);
        const bad = await firstBad(sampleExport({ size: 41, otherFrom, checkpoints: [8] }), {
          lastKnownCheckpoint,
        });
        expect(bad).toMatchObject({ reason: "forked", index: 8, through: 24 });
      }),
      { numRuns: 10 },
    );
  });

  it("shows a log put back to an earlier state", async () => {
    const lastKnownCheckpoint = checkpointOf({ size: 41 }, 41);
    expect(await firstBad(sampleExport({ size: 30 }), { lastKnownCheckpoint })).toMatchObject({
      reason: "stale",
      index: 30,
      detail:
        "the tail is cut, or the file is out of date: it ends at size 30, before the checkpoint you hold (size 41)",
    });
  });

  it("shows a split before the first entry of the file, and one after its last", async () => {
    const other = checkpointOf({ size: 41, otherFrom: 0 }, 9);
    const early = await firstBad(sampleExport({ size: 41, from: 12, earlier: [9] }), {
      lastKnownCheckpoint: other,
    });
    expect(early).toMatchObject({ reason: "forked", index: 0, through: 8 });
    const newest = checkpointOf({ size: 41, otherFrom: 30 }, 41);
    const late = await firstBad(sampleExport({ size: 41, to: 20 }), { lastKnownCheckpoint: newest });
    expect(late).toMatchObject({ reason: "forked", index: 0, through: 40 });
  });

  it("is not passed over where nothing in the file reaches it", async () => {
    const lastKnownCheckpoint = checkpointOf({ size: 41 }, 7);
    const bad = await firstBad(sampleExport({ size: 41, from: 12, earlier: [9] }), { lastKnownCheckpoint });
    expect(bad).toMatchObject({ reason: "not_tied" });
  });

  it("of another log, or with a false signature, is of no use", async () => {
    const other = signNote(
      `${checkpointOf({ size: 5 }, 5).replace(origin, "postern.example/9").split("\n\n")[0]}\n`,
      key2,
    );
    expect(await firstBad(sampleExport(sample), { lastKnownCheckpoint: other })).toMatchObject({
      reason: "bad_checkpoint",
    });
    const forged = checkpointOf(sample, 5).replace("\n5\n", "\n6\n");
    expect(await firstBad(sampleExport(sample), { lastKnownCheckpoint: forged })).toMatchObject({
      reason: "bad_checkpoint",
    });
    await expect(verifyExport([], { ...trust, lastKnownCheckpoint: "nonsense" })).rejects.toThrow();
  });
});
