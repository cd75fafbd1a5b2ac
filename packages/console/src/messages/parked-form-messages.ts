import type { Told } from "./told.ts";

/** What is said of a form that waits for a step-up, and of a step-up for a page's script. */
export interface ParkedFormMessages {
  readonly heading: string;
  readonly text: string;
  readonly to: string;
  readonly notShown: string;
  readonly empty: string;
  readonly more: (count: number) => string;
  readonly send: string;
  readonly discard: string;
  /** It is kept, and the browser goes on by itself. */
  readonly kept: Told;
  readonly sending: Told;
  /** Why it was not kept. Each says that nothing was sent. */
  readonly refused: Readonly<Record<"too-large" | "too-many" | "unreadable", Told>>;
  /** It is not there any more. */
  readonly gone: Told;
  readonly stillMore: Told;
  readonly elsewhere: Told;
  readonly back: string;
  readonly stepped: Readonly<Record<"done" | "cancelled", Told>>;
}
