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
