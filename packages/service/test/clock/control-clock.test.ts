import { type Instant, instant } from "@postern/core";
import { describe, expect, it } from "vitest";
import { controlClock } from "../../src/clock/control-clock.ts";

/** A machine whose two clocks move as they are told, and a store whose clock tells the truth. */
function machine() {
  const start = Date.parse("2026-11-21T09:00:00Z");
  let [wall, monotonic, truth] = [start, 50, start];
  const world = {
    wall: (): Instant => instant(wall),
    monotonic: (): number => monotonic,
    random: (bytes: number): Uint8Array => new Uint8Array(bytes),
    after: () => () => undefined,
  };
  return {
    clock: controlClock(world),
    store: (): Instant => instant(truth),
    pass(milliseconds: number) {
      wall += milliseconds;
      monotonic += milliseconds;
      truth += milliseconds;
    },
    sleep(milliseconds: number) {
      wall += milliseconds;
      truth += milliseconds;
    },
    setWall(by: number) {
      wall += by;
    },
  };
}

describe("control-plane time", () => {
  it("counts the time that a machine slept while its question was under way", () => {
    const { clock, store, pass, sleep } = machine();
    const asked = clock.asks();
    const answer = store();
    sleep(1_400);
    pass(10);
    clock.confirmed(answer, asked);
    expect(clock.doubt()).toBeNull();
    expect(clock.now().latest).toBeGreaterThanOrEqual(store());
  });

  it("does not lose a sleep that it has seen to a clock that is set back after it", () => {
    const { clock, store, pass, sleep, setWall } = machine();
    clock.confirmed(store(), clock.asks());
    sleep(1_200);
    clock.now();
    setWall(-1_500);
    pass(40);
    expect(clock.doubt()).toBeNull();
    expect(clock.now().latest).toBeGreaterThanOrEqual(store());
  });

  it("does not lose a sleep to a clock that was seen to be set back before it", () => {
    const { clock, store, pass, sleep, setWall } = machine();
    clock.confirmed(store(), clock.asks());
    pass(20);
    setWall(-1_500);
    clock.now();
    sleep(1_200);
    pass(40);
    expect(clock.doubt()).toBeNull();
    expect(clock.now().latest).toBeGreaterThanOrEqual(store());
  });

  it("does not lose a sleep to a clock that was set back while the question was under way", () => {
    const { clock, store, pass, sleep, setWall } = machine();
    const asked = clock.asks();
    setWall(-1_500);
    pass(10);
    clock.confirmed(store(), asked);
    sleep(1_200);
    expect(clock.doubt()).toBeNull();
    expect(clock.now().latest).toBeGreaterThanOrEqual(store());
  });

  it("takes no answer during which the two clocks of the machine went apart", () => {
    const { clock, store, pass, setWall } = machine();
    clock.confirmed(store(), clock.asks());
    const asked = clock.asks();
    setWall(-3_600_000);
    pass(20);
    clock.confirmed(store(), asked);
    expect(clock.doubt()).toEqual({ kind: "distrusted", by: -3_600_000 });
  });

  it("trusts a machine again whose first answer came too late to be of use", () => {
    const { clock, store, pass, sleep } = machine();
    const asked = clock.asks();
    sleep(60_000);
    clock.confirmed(store(), asked);
    expect(clock.doubt()?.kind).toBe("distrusted");
    pass(5);
    clock.confirmed(store(), clock.asks());
    expect(clock.doubt()).toBeNull();
  });

  it("keeps the newer of two answers, in whichever order they come", () => {
    const { clock, store, pass } = machine();
    const [early, earlyAnswer] = [clock.asks(), store()];
    pass(4_000);
    clock.confirmed(store(), clock.asks());
    pass(2_000);
    clock.confirmed(earlyAnswer, early);
    expect(clock.doubt()).toBeNull();
  });

  it("learns nothing from an answer that took longer than a lease", () => {
    const { clock, store, pass } = machine();
    clock.confirmed(store(), clock.asks());
    const asked = clock.asks();
    pass(86_400_000);
    clock.confirmed(store(), asked);
    expect(clock.doubt()?.kind).toBe("stale");
    clock.confirmed(store(), clock.asks());
    expect(clock.stamp()).toBeLessThan(store() + 1_000);
  });

  it("goes on from the last entry that is left when an end of the log is lost", () => {
    const { clock, store, setWall } = machine();
    clock.confirmed(store(), clock.asks());
    clock.notBefore(instant(store() + 9_000));
    setWall(3_600_000);
    expect(clock.doubt()?.kind).toBe("distrusted");
    clock.restart(store(), store(), clock.asks());
    expect(clock.stamp()).toBe(store());
  });

  it("never falls behind the last entry that is left, whatever the store's clock says", () => {
    const { clock, store, pass } = machine();
    const last = instant(store() + 5_000);
    clock.restart(last, store(), clock.asks());
    expect(clock.now().earliest).toBeGreaterThanOrEqual(last);
    pass(100);
    expect(clock.stamp()).toBe(last + 100);
  });

  it("is not held back by many small steps, each of which would pass", () => {
    const { clock, store, pass } = machine();
    const truth = store;
    let back = 0;
    clock.confirmed(truth(), clock.asks());
    for (let step = 0; step < 40; step++) {
      pass(1_000);
      back += 1_500;
      clock.confirmed(instant(truth() - back), clock.asks());
      expect(clock.now().latest).toBeGreaterThan(truth() - 100);
    }
    expect(clock.doubt()?.kind).toBe("distrusted");
  });

  it("follows a clock that is slightly slow, without distrust", () => {
    const { clock, store, pass } = machine();
    for (let second = 0; second < 20_000; second++) {
      pass(1_000);
      clock.confirmed(instant(store() - Math.floor(second * 0.5)), clock.asks());
    }
    expect(clock.doubt()).toBeNull();
  });

  it("of a node that begins behind its own log goes on, and is lost until nothing hangs on what was before", () => {
    const { clock, store, pass } = machine();
    const last = instant(store() + 3_600_000);
    clock.notBefore(last);
    clock.learnt(store(), clock.asks());
    expect(clock.lost()).toBe(true);
    pass(5_000);
    expect(clock.now().latest).toBe(last + 5_000);
    clock.accept(store(), clock.asks());
    expect(clock.doubt()?.kind).not.toBe("distrusted");
    expect(clock.lost()).toBe(true);
    clock.found();
    expect(clock.lost()).toBe(false);
  });

  it("of a node that began behind its own log is found when the clock is set right", () => {
    const { clock, store, setWall } = machine();
    clock.notBefore(store());
    clock.learnt(instant(store() - 3_600_000), clock.asks());
    expect(clock.lost()).toBe(true);
    setWall(0);
    clock.learnt(store(), clock.asks());
    expect(clock.lost()).toBe(false);
  });

  it("is never told to be earlier than it was told before, though a quicker answer says so", () => {
    const { clock, store, pass } = machine();
    const asked = clock.asks();
    pass(400);
    clock.confirmed(store(), asked);
    const told = clock.now().latest;
    expect(told).toBe(store() + 400);
    clock.confirmed(store(), clock.asks());
    expect(clock.now().latest).toBe(told);
    pass(500);
    expect(clock.now().latest).toBe(store());
  });

  it("is what the store says, whatever this machine's clock made of it before", () => {
    const { clock, store, pass, setWall } = machine();
    setWall(3_600_000);
    clock.now();
    clock.learnt(store(), clock.asks());
    expect(clock.now().latest).toBe(store());
    pass(100);
    setWall(3_600_000);
    clock.now();
    clock.confirmed(store(), clock.asks());
    expect(clock.now().latest).toBe(store());
  });
});
