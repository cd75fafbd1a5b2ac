import type { World } from "../ports/world.ts";

/**
 * One read for many who ask: whoever asks while one is under way gets the next, since the one under way may have
 * looked before. However many ask, one runs at a time, and they begin at least `apart` milliseconds after one another.
 */
export function sharedRead<Answer>(
  world: Pick<World, "monotonic" | "after">,
  apart: number,
  read: () => Promise<Answer>,
): () => Promise<Answer> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Answer> | null = null;
  let began = Number.NEGATIVE_INFINITY;

  const soon = (): Promise<void> | null => {
    const wait = began + apart - world.monotonic();
    return wait > 0 ? new Promise((resolve) => world.after(wait, resolve)) : null;
  };
  return () => {
    next ??= running.then(soon).then(() => {
      next = null;
      began = world.monotonic();
      const answer = read();
      running = answer.catch(() => undefined);
      return answer;
    });
    return next;
  };
}
