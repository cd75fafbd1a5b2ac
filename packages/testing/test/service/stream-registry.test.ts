import { createSecretKey } from "node:crypto";
import { makeId } from "@postern/core";
import { expect, it } from "vitest";
import { randomPool } from "../../../service/src/seal/box.ts";
import { registry, type StoredStream } from "../../../service/src/streams/registry.ts";
import { manualWorld } from "../../src/index.ts";

it("streams that cannot be read are neither taken for none nor written over, and are opened anew once others change them", async () => {
  const world = manualWorld();
  let kept: { readonly version: number; readonly body: string } | null = null;
  const streamsUnder = (seed: number) =>
    registry({
      store: {
        cursor: async () => kept,
        async moveCursor(_, version, body) {
          kept = { version: version + 1, body };
          return true;
        },
      },
      working: createSecretKey(new Uint8Array(32).fill(seed)),
      pool: randomPool((count) => world.random(count)),
    });
  const stream: StoredStream = {
    id: makeId("str", new Uint8Array(16)),
    audience: "shop.example",
    delivery: { method: "poll" },
    requested: [],
    description: null,
    status: "enabled",
    reason: null,
    subjectTypes: [],
    added: [],
    removed: [],
  };
  expect(await streamsUnder(1).all()).toEqual([]);
  await streamsUnder(1).change((all) => [...all, stream]);
  const before = kept;
  await expect(streamsUnder(2).all()).rejects.toThrow("cannot be read");
  await expect(streamsUnder(2).change(() => [])).rejects.toThrow("cannot be read");
  expect(kept).toBe(before);
  expect(await streamsUnder(1).all()).toEqual([stream]);
  const others = streamsUnder(1);
  const [first] = await others.all();
  expect((await others.all())[0]).toBe(first);
  await streamsUnder(1).change((all) => all.map((one) => ({ ...one, status: "paused" })));
  expect(await others.all()).toEqual([{ ...stream, status: "paused" }]);
});
