/** Virtual time: nothing happens but what falls due, one thing after the other, each to its end. */
export interface Scheduler {
  /** Milliseconds of true time since the beginning; no machine of the world can read it. */
  now(): number;
  /** The answer cancels it. */
  at(delay: number, run: () => void): () => void;
  /** Lets time pass and runs what falls due on the way. */
  pass(milliseconds: number): Promise<void>;
  /** Runs on until a promise settles; throws where it has not after so much time. */
  until<Value>(promise: Promise<Value>, atMost: number): Promise<Value>;
}

interface Due {
  readonly time: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Everything that waits on microtasks alone has run when this answers. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function scheduler(): Scheduler {
  const heap: Due[] = [];
  let now = 0;
  let order = 0;
  const before = (a: Due, b: Due): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);

  function push(due: Due): void {
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, due)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  function pop(): Due | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const [left, right] = [heap[down], heap[down + 1]];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) down += 1;
      const least = heap[down];
      if (least === undefined || before(last, least)) break;
      heap[at] = least;
      at = down;
    }
    heap[at] = last;
    return first;
  }

  async function one(until: number): Promise<boolean> {
    const next = heap[0];
    if (next === undefined || next.time > until) return false;
    pop();
    if (next.run === null) return true;
    now = Math.max(now, next.time);
    next.run();
    await settled();
    return true;
  }

  return {
    now: () => now,
    at(delay, run) {
      const due: Due = { time: now + Math.max(delay, 0), order: order++, run };
      push(due);
      return () => {
        due.run = null;
      };
    },
    async pass(milliseconds) {
      const until = now + milliseconds;
      await settled();
      while (await one(until));
      now = until;
    },
    async until(promise, atMost) {
      const limit = now + atMost;
      let over = false;
      const end = (): void => {
        over = true;
      };
      promise.then(end, end);
      await settled();
      while (!over) {
        if (!(await one(limit))) throw new Error(`expected an end within ${atMost} ms of virtual time`);
      }
      return promise;
    },
  };
}
