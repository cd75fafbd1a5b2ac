/** A small seeded generator: the same seed draws the same numbers from 0 (inclusive) to 1 (exclusive). */
export type Dice = () => number;

export function seeded(seed: number): Dice {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A whole number from `from` to `to`, both included. */
export function between(dice: Dice, from: number, to: number): number {
  return from + Math.floor(dice() * (to - from + 1));
}
