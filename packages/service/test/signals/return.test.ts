import { type Concern, type Entity, type EntityRef, type Instant, instant, makeId } from "@postern/core";
import { describe, expect, it } from "vitest";
import { emptyState } from "../../src/projection/state.ts";
import type { Writer } from "../../src/record/writer.ts";
import { returning } from "../../src/signals/return.ts";

const bytes = (seed: number): Uint8Array => {
  const made = new Uint8Array(16);
  new DataView(made.buffer).setUint32(0, seed);
  return made;
};

function suspected(seed: number): Entity {
  const ref: EntityRef = makeId("dev", bytes(seed));
  const concern: Concern = {
    id: makeId("sig", bytes(seed)),
    source: "mdm",
    rule: "compliance",
    kind: "device-compliance-change",
    detail: null,
    level: null,
    at: instant(0),
    since: instant(0),
    clearedAt: null,
    clearedSince: null,
    covers: { controls: null, offers: null },
    resume: { calm: null, stepUp: null, person: true },
  };
  return {
    ref,
    type: "device",
    blind: `blind ${seed}`,
    box: "",
    shared: null,
    states: {},
    deletedAt: null,
    concerns: [concern],
  } as unknown as Entity;
}

describe("the look for what may return", () => {
  it("lets others in between, and reads no session of another device", async () => {
    const state = emptyState();
    for (let seed = 1; seed <= 200; seed++) {
      const entity = suspected(seed);
      state.apply("entities", entity.ref, entity, 0);
    }
    let [time, turns] = [0, 0];
    const looking = returning({
      state: {
        ...state,
        concerned: state.concerned,
        sessions: () => {
          throw new Error("every session was looked at");
        },
      },
      writer: { onCommit: () => () => undefined } as unknown as Writer,
      settleSessions: async () => null,
      clock: { now: () => ({ earliest: 1 as Instant, latest: 1 as Instant }) } as Parameters<
        typeof returning
      >[0]["clock"],
      world: {
        // Each look at the clock is half a millisecond later.
        monotonic: () => {
          time += 0.5;
          return time;
        },
        after: (_, run) => {
          turns += 1;
          queueMicrotask(run);
          return () => undefined;
        },
      },
      onCleared: () => undefined,
    });
    await looking.look();
    expect(turns).toBeGreaterThan(10);
  });
});
