import { createSecretKey, type KeyObject } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Day, type Instant, makeId, type SubjectRef, sightingOf, signInsOf } from "@postern/core";
import { openSqliteStore } from "@postern/store";
import { expect, it } from "vitest";
import type { Change } from "../../../service/src/risk/remembered.ts";
import { profileShelf } from "../../../service/src/risk/shelf.ts";
import { randomPool } from "../../../service/src/seal/box.ts";
import { manualWorld } from "../../src/index.ts";

it("a history is gone with its subject's key, and with a byte of it, and never comes back as another's", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postern-risk-"));
  const world = manualWorld();
  const store = await openSqliteStore({ directory, world });
  const pool = randomPool((count) => world.random(count));
  const [ana, ben] = [makeId("sub", pool.take(16)), makeId("sub", pool.take(16))];
  const held = new Map<string, KeyObject>([ana, ben].map((ref) => [ref, createSecretKey(pool.take(32))]));
  const open = () =>
    profileShelf({
      world,
      store,
      keys: { get: (id) => held.get(id) ?? null },
      pool,
      now: () => world.wall() as Instant,
      onFetched: () => {},
    });
  const signIn: Change = {
    signIns: [
      { sighting: sightingOf({ country: "DE" }, () => 77), observed: { day: 2500 as Day, placed: null } },
    ],
    failed: 2,
  };
  const read = async (subject: SubjectRef) => {
    const found = await open().fetch(subject);
    return [found === undefined ? -1 : signInsOf(found.profile), found?.failed];
  };
  const shelf = open();
  await shelf.change(ana, signIn);
  await shelf.flush();
  expect(await read(ana)).toEqual([1, 2]);
  expect(await read(ben)).toEqual([0, 0]);
  const row = await store.artifacts.get(`risk/${ana}`);
  if (row === null) throw new Error("expected a row");
  await store.artifacts.put({ ...row, id: `risk/${ben}` });
  expect(await read(ben)).toEqual([0, 0]);
  const box = Uint8Array.from(row.box);
  box[20] = (box[20] ?? 0) ^ 1;
  await store.artifacts.put({ ...row, box });
  expect(await read(ana)).toEqual([0, 0]);
  await store.artifacts.put(row);
  held.delete(ana);
  expect(await read(ana)).toEqual([0, 0]);
  await store.close();
  await rm(directory, { recursive: true });
});
