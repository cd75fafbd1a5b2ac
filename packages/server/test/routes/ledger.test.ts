import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tileOf } from "../../src/routes/tile.ts";
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

  it("give the hashes of the first tile and no tile that there is not", async () => {
    const some = await read("/ledger/tile/0/000.p/4");
    expect([some.status, some.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
    expect((await read("/ledger/tile/0/000")).status).toBe(404);
    expect((await read("/ledger/tile/0/0")).status).toBe(404);
  });
});

describe("a tile's name", () => {
  it.each([
    ["0/000", { level: 0, index: 0, width: 256 }],
    ["0/x001/x234/067", { level: 0, index: 1_234_067, width: 256 }],
    ["1/005.p/17", { level: 1, index: 5, width: 17 }],
  ])("%s is read", (name, tile) => {
    expect(tileOf(name)).toEqual(tile);
  });

  it.each([
    "",
    "0",
    "0/1",
    "00/000",
    "0/000.p/0",
    "0/000.p/256",
    "0/000.p/07",
    "64/000",
    "0/001/002",
    "../0/000",
  ])("%j is not one", (name) => {
    expect(tileOf(name)).toBeNull();
  });
});
