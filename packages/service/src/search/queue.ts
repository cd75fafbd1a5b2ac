/** Lets a few at a time, and a bounded number wait, first come, first served. */
export interface Queue {
  /** Waits for a turn, to be given back by calling it; null: too many wait already. */
  take(): Promise<(() => void) | null>;
}

export function queue(atOnce: number, mostWaiting: number): Queue {
  let running = 0;
  const waiting: (() => void)[] = [];
  const giveBack = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    async take() {
      if (running < atOnce) running += 1;
      else if (waiting.length >= mostWaiting) return null;
      else
        await new Promise<void>((turn) => {
          waiting.push(turn);
        });
      return giveBack;
    },
  };
}

/** Gives the turn back when the events end, whoever ends them, even where nobody ever took the first. */
export function withTurn<Event>(turn: () => void, events: AsyncGenerator<Event>): AsyncIterable<Event> {
  let held = true;
  const done = (): void => {
    if (held) turn();
    held = false;
  };
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const next = await events.next();
          if (next.done === true) done();
          return next;
        } catch (cause) {
          done();
          throw cause;
        }
      },
      async return() {
        try {
          return await events.return(undefined);
        } finally {
          done();
        }
      },
    }),
  };
}
