import { type Instant, instant } from "@postern/core";
import { expect, it } from "vitest";
import type { ClockDoubt } from "../../src/clock/control-clock.ts";
import { timeMark } from "../../src/clock/time-mark.ts";

/** A machine with a clock since its boot, a store that keeps one cursor, and a control clock that tells what it is told. */
function machine() {
  let cursor: { version: number; body: string } | null = null;
  let [boot, since, doubt] = ["first", 1_000, null as ClockDoubt | null];
  const from: Instant[] = [];
  return {
    from,
    mark: (kind: "sqlite" | "postgres" = "sqlite") =>
      timeMark({
        world: { sinceBoot: () => ({ boot, since }) },
        store: {
          kind,
          cursor: async () => cursor,
          async moveCursor(_, expected, body) {
            if (expected !== (cursor?.version ?? 0)) return false;
            cursor = { version: expected + 1, body };
            return true;
          },
        },
        clock: {
          goesOnFrom: (at) => void from.push(at),
          now: () => ({ earliest: instant(50_000), latest: instant(50_004) }),
          doubt: () => doubt,
          lost: () => false,
        },
      }),
    pass: (milliseconds: number) => {
      since += milliseconds;
    },
    boots() {
      boot = "second";
      since = 10_000;
    },
    distrust() {
      doubt = { kind: "distrusted", by: 1 };
    },
    spoil(body: string) {
      cursor = { version: 7, body };
    },
  };
}

it("time goes on while a process does not run", async () => {
  const { mark, pass, from } = machine();
  await mark().keep();
  pass(3_600_000);
  await mark().recall();
  expect(from).toEqual([50_000 + 3_600_000]);
});

it("of another boot nothing is known, nor where the database keeps the time", async () => {
  const { mark, boots, from } = machine();
  await mark().keep();
  await mark("postgres").recall();
  boots();
  await mark().recall();
  expect(from).toEqual([]);
});

it("a time that is distrusted is not kept", async () => {
  const { mark, distrust, from } = machine();
  distrust();
  await mark().keep();
  await mark().recall();
  expect(from).toEqual([]);
});

it("what was not written so says nothing", async () => {
  const { mark, spoil, from } = machine();
  for (const body of ["", "{", "null", '{"at":"1","boot":"first","since":1}', '{"at":1,"boot":"first"}']) {
    spoil(body);
    await mark().recall();
  }
  expect(from).toEqual([]);
});
