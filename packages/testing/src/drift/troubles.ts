import { setTimeout as sleep } from "node:timers/promises";
import { between, type Dice } from "../crash/seeded.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * HOUR_MS;
/** How long a node is frozen, or asleep with its machine. */
const FROZEN_MS = 30_000;
/** Just below what a node's clock may be off at once without being distrusted. */
const SMALL_STEP_MS = 1_700;
const STEP_EVERY_MS = 1_300;

/** What a trouble can do to a node. */
export interface Hands {
  /** Moves the wall clock by this, in milliseconds. */
  readonly wall: (by: number) => Promise<void>;
  readonly monotonic: (by: number) => Promise<void>;
  /** Stops it, and lets it go on after so many milliseconds. */
  readonly freeze: (milliseconds: number) => Promise<void>;
  readonly over: () => boolean;
}

export const TROUBLES = [
  "an hour forward",
  "an hour back",
  "ten years forward",
  "small steps back",
  "steps to and fro",
  "frozen for 30 s",
  "asleep for 30 s",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export async function strike(trouble: Trouble, hands: Hands, dice: Dice): Promise<void> {
  switch (trouble) {
    case "an hour forward":
      return await hands.wall(HOUR_MS);
    case "an hour back":
      return await hands.wall(-HOUR_MS);
    case "ten years forward":
      return await hands.wall(10 * YEAR_MS);
    case "small steps back":
      return void (async () => {
        for (; !hands.over(); await sleep(STEP_EVERY_MS)) await hands.wall(-SMALL_STEP_MS);
      })();
    case "steps to and fro":
      return void (async () => {
        for (; !hands.over(); await sleep(STEP_EVERY_MS)) await hands.wall(between(dice, -8_000, 7_000));
      })();
    case "frozen for 30 s":
      return await hands.freeze(FROZEN_MS);
    case "asleep for 30 s":
      // A machine's monotonic clock stands still while it sleeps.
      await hands.monotonic(-FROZEN_MS);
      return await hands.freeze(FROZEN_MS);
    default:
      return trouble satisfies never;
  }
}
