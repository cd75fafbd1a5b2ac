import type { Store } from "../ports/store.ts";

/** Kept of one transmitter: those that every node asked for lately. */
const MOST_KEPT = 32;
const LONGEST = 128;
const MOST_TRIES = 5;

/** Verifications of streams that arrived at any node: a push reaches one of them, and another may have asked for it. */
export interface Verifications {
  arrived(source: string, state: string): Promise<void>;
  hasArrived(source: string, state: string): Promise<boolean>;
}

export function verifications(store: Pick<Store, "cursor" | "moveCursor">): Verifications {
  const idOf = (source: string): string => `ssf/verified/${source}`;
  const read = async (
    source: string,
  ): Promise<{ readonly version: number; readonly states: readonly string[] }> => {
    const cursor = await store.cursor(idOf(source));
    return cursor === null
      ? { version: 0, states: [] }
      : { version: cursor.version, states: JSON.parse(cursor.body) as readonly string[] };
  };
  return {
    async arrived(source, state) {
      if (state.length > LONGEST) return;
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const { version, states } = await read(source);
        const next = JSON.stringify([...states, state].slice(-MOST_KEPT));
        if (await store.moveCursor(idOf(source), version, next)) return;
      }
    },
    hasArrived: async (source, state) => (await read(source)).states.includes(state),
  };
}
