import { createSecretKey } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { countOf, type Day, makeId, type SubjectRef, sightingOf, signInsOf } from "@postern/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Crowd, crowd, isEmptyPopulation } from "../../../service/src/risk/crowd.ts";
import { type Change, FAILED } from "../../../service/src/risk/remembered.ts";
import { type ProfileShelf, profileShelf } from "../../../service/src/risk/shelf.ts";
import { randomPool } from "../../../service/src/seal/box.ts";
import { manualWorld } from "../../src/index.ts";
import { type Artifacts, artifactsInMemory } from "./artifacts-in-memory.ts";

const ana: SubjectRef = makeId("sub", new Uint8Array(16).fill(1));
const key = createSecretKey(new Uint8Array(32).fill(3));
const signIn = (day: number, country = "NO"): Change => ({
  signIns: [
    {
      sighting: sightingOf({ country }, (text) => text.length * 7 + text.charCodeAt(text.length - 1)),
      observed: { day: day as Day, placed: null },
    },
  ],
  failed: 0,
});

function ground() {
  const world = manualWorld();
  const table = artifactsInMemory();
  const alarms: string[] = [];
  const parts = {
    world,
    store: table.store,
    pool: randomPool((count) => world.random(count)),
    now: () => world.wall(),
    keys: { get: () => key },
    working: key,
    onFetched: () => {},
    alarm: (detail: string) => void alarms.push(detail),
  };
  return {
    world,
    table,
    alarms,
    shelf: (): ProfileShelf => profileShelf(parts),
    crowd: (): Crowd => crowd(parts),
  };
}

async function told(shelf: ProfileShelf): Promise<readonly [number, number]> {
  const found = await shelf.fetch(ana);
  return found === undefined ? [-1, -1] : [signInsOf(found.profile), found.failed];
}

describe("what is remembered of a person", () => {
  it("counts every one of attempts that fail at the same moment, on however many nodes", async () => {
    const attempts = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(attempts, async (nodes) => {
        const { shelf } = ground();
        const all = [shelf(), shelf(), shelf()];
        await Promise.all(nodes.map((node) => all[node]?.change(ana, FAILED)));
        for (const one of all) await one.flush();
        expect((await told(shelf()))[1]).toBe(nodes.length);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps the sign-ins that other nodes wrote, and what failed since", async () => {
    const { shelf } = ground();
    const [one, other] = [shelf(), shelf()];
    for (let day = 0; day < 30; day++) {
      await (day % 2 === 0 ? one : other).change(ana, signIn(2_500 + day));
      if (day % 3 === 0) await one.flush();
      if (day % 4 === 0) await other.flush();
    }
    await one.flush();
    await other.flush();
    for (let at = 0; at < 8; at++) await one.change(ana, FAILED);
    await one.flush();
    await other.change(ana, signIn(2_500));
    await other.change(ana, FAILED);
    await other.flush();
    expect(await told(shelf())).toEqual([31, 1]);
  });

  it("is read anew after some seconds, with what was not written here yet", async () => {
    const { shelf, world } = ground();
    const [one, other] = [shelf(), shelf()];
    await told(one);
    await other.change(ana, FAILED);
    await other.flush();
    expect(one.find(ana)?.failed).toBe(0);
    world.pass(5_000);
    await one.change(ana, FAILED);
    expect(await told(one)).toEqual([0, 2]);
  });

  it("waits for the database, and is written once that is back", async () => {
    const { shelf, table, world } = ground();
    const one = shelf();
    await told(one);
    table.failing = 1;
    await one.change(ana, FAILED);
    world.pass(500);
    await sleep(5);
    expect(table.rows.size).toBe(0);
    world.pass(5_000);
    await sleep(5);
    expect(await told(shelf())).toEqual([0, 1]);
  });

  it("is written too where it could not be read at the time", async () => {
    const { shelf, table } = ground();
    const one = shelf();
    await one.change(ana, FAILED);
    await one.flush();
    const other = shelf();
    table.failing = 1;
    expect(await other.change(ana, FAILED)).toBeUndefined();
    await other.flush();
    expect(await told(shelf())).toEqual([0, 2]);
  });
});

describe("what everybody comes with", () => {
  const TOKEN = 5;
  const counted = async (everybody: Crowd): Promise<number> => {
    const found = await everybody.fetch();
    return found === null ? -1 : countOf(found, TOKEN);
  };
  const damage = (table: Artifacts): void => {
    const box = table.rows.get("risk/population");
    if (box === undefined) throw new Error("expected a row");
    box[40] = (box[40] ?? 0) ^ 1;
  };

  it("is what all nodes counted", async () => {
    const { crowd: open } = ground();
    const [one, other] = [open(), open()];
    expect([await counted(one), await counted(other)]).toEqual([0, 0]);
    for (const node of [one, other, one]) node.observe([TOKEN]);
    await one.flush();
    await other.flush();
    expect(await counted(open())).toBe(3);
    expect(await counted(other)).toBe(3);
  });

  it("is empty where nothing was counted yet, and on record moments after the first sign-in", async () => {
    const { crowd: open, world, alarms } = ground();
    const first = await open().fetch();
    expect(first !== null && isEmptyPopulation(first)).toBe(true);
    open().observe([TOKEN]);
    world.pass(500);
    await sleep(20);
    expect(await counted(open())).toBe(1);
    expect(alarms).toEqual([]);
  });

  it("that cannot be read is unknown and an alarm, is not written over, and counts on once it can", async () => {
    const { crowd: open, table, alarms } = ground();
    const one = open();
    one.observe([TOKEN]);
    await one.flush();
    damage(table);
    const other = open();
    expect(await other.fetch()).toBeNull();
    other.observe([TOKEN]);
    await other.flush();
    expect(other.population()).toBeNull();
    expect(alarms).toHaveLength(1);
    damage(table);
    await other.flush();
    expect(await counted(open())).toBe(2);
  });
});
