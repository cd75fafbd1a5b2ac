import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instant, instant } from "@postern/core";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const world = { wall: () => instant(Date.now()) };
const at = (time: number) => instant(time);
/** No column takes it. */
const NEVER = Number.NaN as Instant;
const names = Array.from({ length: 200 }, (_, index) => `Code/${index}`);
const named = (id: string, until = at(1_000)) => ({
  id,
  grant: null,
  uid: null,
  box: new Uint8Array(80).fill(7),
  until,
});

describe("artifacts that share a commit", () => {
  let directory = "";
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), "postern-artifacts-")), "data");
  });
  afterEach(() => {
    rmSync(join(directory, ".."), { recursive: true });
  });
  const open = () => openSqliteStore({ directory, world });

  it("are answered in their order, as if each had come alone, and are there after a new opening", async () => {
    const store = await open();
    const seen = await Promise.all(
      names.map(async (id) => {
        const before = store.artifacts.get(id);
        const put = store.artifacts.put(named(id));
        const found = store.artifacts.get(id);
        const [first, second] = [store.artifacts.consume(id, at(1)), store.artifacts.consume(id, at(2))];
        await put;
        return [(await before) === null, (await found)?.consumedAt === null, await first, await second];
      }),
    );
    expect(seen).toEqual(names.map(() => [true, true, true, false]));
    await store.close();
    const again = await open();
    const kept = await Promise.all(names.map((id) => again.artifacts.get(id)));
    expect(kept.map((one) => one?.consumedAt)).toEqual(names.map(() => at(1)));
    await again.close();
  });

  it("lose nothing to one among them that cannot be kept", async () => {
    const store = await open();
    const put = await Promise.allSettled(
      names.map((id, index) => store.artifacts.put(named(id, index % 5 === 0 ? NEVER : at(1_000)))),
    );
    expect(put.map(({ status }) => status)).toEqual(
      names.map((_, index) => (index % 5 === 0 ? "rejected" : "fulfilled")),
    );
    const kept = await Promise.all(names.map((id) => store.artifacts.get(id)));
    expect(kept.map((one) => one?.id ?? null)).toEqual(
      names.map((id, index) => (index % 5 === 0 ? null : id)),
    );
    await store.close();
  });

  it("are all there for what was asked after them and after something else", async () => {
    const store = await open();
    const puts = names.map((id) => store.artifacts.put(named(id)));
    const cursor = store.moveCursor("one", 0, "{}");
    const after = store.artifacts.get(names.at(-1) ?? "");
    await Promise.all(puts);
    expect(await cursor).toBe(true);
    expect(await after).not.toBeNull();
    await store.close();
  });
});
