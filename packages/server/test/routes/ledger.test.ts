import {
  bundlePath,
  type FetchTile,
  keyHistory,
  leafHash,
  parseCheckpoint,
  parseEntryBundle,
  parseHashTile,
  parseNote,
  rootOfTiles,
  tilePath,
} from "@postern/ledger";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type TestPostern, testPostern } from "../fixture/running.ts";

let postern: TestPostern;

beforeAll(async () => {
  postern = await testPostern();
});
afterAll(() => postern.stop());

const read = (path: string) => postern.call("GET", path, { token: postern.admin });

describe("the ledger's routes", () => {
  it("give a signed checkpoint to anyone", async () => {
    const { status, headers, text } = await postern.call("GET", "/ledger/checkpoint");
    expect([status, headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(text).toMatch(/^postern\.local\/ledger\n\d+\n[A-Za-z0-9+/]{43}=\n\n— postern\.local\/ledger /);
  });

  it("sign in their own time, however often a stranger asks for the newest head", async () => {
    const writes = 25;
    const heads = new Set<string>();
    for (let n = 0; n < writes; n++) {
      await postern.call("PUT", `/v1/entities/user/w${n}`, {
        token: postern.admin,
        body: { attributes: {} },
      });
      heads.add((await postern.call("GET", "/ledger/checkpoint")).text);
    }
    // One for each write would be as many heads; how many come by themselves is for the timer.
    expect(heads.size).toBeLessThan(writes);
    await vi.waitFor(
      async () => {
        const { text } = await postern.call("GET", "/ledger/checkpoint");
        expect(Number(parseCheckpoint(parseNote(text).text).size)).toBe(
          postern.running.service.ledger.size(),
        );
      },
      { timeout: 10_000 },
    );
  });

  it("give entries in order, and a receipt for one", async () => {
    const entries = await read("/v1/ledger/entries?from=0&limit=3");
    expect(entries.json.items.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(JSON.parse(entries.json.items[0].entry).type).toBe("ledger.opened");
    const receipt = await read("/v1/ledger/proof?index=1");
    expect(receipt.text.startsWith("c2sp.org/tlog-proof@v1\nindex 1\n")).toBe(true);
  });

  it("prove that the tree only grew", async () => {
    const proof = await read("/v1/ledger/proof?from=2&to=5");
    expect(proof.json.consistency.length).toBeGreaterThan(0);
  });

  it.each([
    "/v1/ledger/proof",
    "/v1/ledger/proof?index=1&from=2",
    "/v1/ledger/proof?from=5",
    "/v1/ledger/proof?index=100000",
  ])("refuse %s", async (path) => {
    expect((await read(path)).status).toBe(422);
  });

  it("give an export that can be verified apart, one line after the other", async () => {
    const { headers, text } = await read("/v1/ledger/export");
    expect(headers.get("content-type")).toBe("application/jsonl; charset=utf-8");
    expect(text.endsWith("\n")).toBe(true);
    for (const line of text.trimEnd().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
  });

  it("give every checkpoint key to anyone, each traced to the one before", async () => {
    await postern.call("POST", "/v1/keys/checkpoint/rotate", { token: postern.admin, body: {} });
    const { json } = await postern.call("GET", "/ledger/keys");
    expect(json.origin).toBe("postern.local/ledger");
    expect(keyHistory(json.origin, json.keys).length).toBe(2);
  });
});

describe("the tiles of the ledger", () => {
  const signed = async () =>
    parseCheckpoint(parseNote((await postern.call("GET", "/ledger/checkpoint")).text).text);
  const tile = (path: string, token?: string) =>
    postern.call("GET", `/ledger/${path}`, token === undefined ? {} : { token });

  it("give the signed root to anyone, and may be kept for ever", async () => {
    const { size, root } = await signed();
    const served: FetchTile = async (wanted) => {
      const { status, headers, bytes } = await tile(tilePath(wanted));
      expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([
        200,
        "application/octet-stream",
        "public, max-age=31536000, immutable",
      ]);
      return parseHashTile(bytes, wanted.width);
    };
    expect(await rootOfTiles(Number(size), served)).toEqual(root);
  });

  it("of entries are for who may read entries, and hash to the leaves", async () => {
    const { size } = await signed();
    const path = bundlePath({ index: 0, width: Number(size) });
    expect((await tile(path)).status).toBe(401);
    expect((await tile(path, await postern.token(["decide"]))).status).toBe(403);
    const { bytes, headers } = await tile(path, await postern.token(["ledger.read"]));
    expect(headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    const leaves = parseHashTile(
      (await tile(tilePath({ level: 0, index: 0, width: Number(size) }))).bytes,
      Number(size),
    );
    expect(parseEntryBundle(bytes, Number(size)).map((entry) => leafHash(entry))).toEqual(leaves);
  });

  it("that the signed tree does not hold answer 404, and nobody keeps that answer", async () => {
    const { size } = await signed();
    // The log may grow meanwhile, but not so far.
    const beyond = 255;
    expect(Number(size)).toBeLessThan(beyond - 100);
    for (const path of [
      `tile/0/000.p/${beyond}`,
      "tile/0/000",
      "tile/0/001.p/1",
      "tile/1/000.p/1",
      "tile/63/000.p/1",
      "tile/0/x999/x999/x999/x999/x999/999",
    ]) {
      const { status, headers, json } = await tile(path);
      expect([path, status, json.code, headers.get("cache-control")]).toEqual([
        path,
        404,
        "not_found",
        "no-store",
      ]);
    }
    expect((await tile(`tile/entries/000.p/${beyond}`, postern.admin)).status).toBe(404);
  });

  it.each([
    "tile/0/0",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/07",
    "tile/00/000.p/1",
    "tile/0/x000/000.p/1",
    "tile/0/000%2Ep/1",
    "tile/0/%30%30%30.p/1",
    "tile/entries%2F000.p/1",
    "tile/0/..%2F0%2F000.p%2F1",
    "tile//0/000.p/1",
    "tile/0/000.p/1/",
  ])("have one address each: %s is none", async (path) => {
    expect((await tile(path)).status).toBe(404);
  });

  it("take no parameters", async () => {
    expect((await tile("tile/0/000.p/1?width=9")).status).toBe(422);
  });
});
