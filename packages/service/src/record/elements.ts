import type { Projection } from "../ports/store.ts";

/** The hidden element of each row, 32 bytes end to end: a buffer for each would cost more than the rows themselves. */
export interface Elements {
  /** A view: good until the row is set again. */
  get(projection: Projection, id: string): Uint8Array | undefined;
  set(projection: Projection, id: string, element: Uint8Array): void;
  delete(projection: Projection, id: string): void;
  clear(): void;
}

const LENGTH = 32;
const CHUNK = 4_096;

export function elementTable(): Elements {
  const slots = new Map<Projection, Map<string, number>>();
  const chunks: Uint8Array[] = [];
  let next = 0;
  const at = (slot: number): Uint8Array | undefined => {
    const from = (slot % CHUNK) * LENGTH;
    return chunks[Math.floor(slot / CHUNK)]?.subarray(from, from + LENGTH);
  };
  return {
    get(projection, id) {
      const slot = slots.get(projection)?.get(id);
      return slot === undefined ? undefined : at(slot);
    },
    set(projection, id, element) {
      let own = slots.get(projection);
      if (own === undefined) {
        own = new Map();
        slots.set(projection, own);
      }
      let slot = own.get(id);
      if (slot === undefined) {
        slot = next++;
        own.set(id, slot);
        if (slot % CHUNK === 0) chunks.push(new Uint8Array(CHUNK * LENGTH));
      }
      at(slot)?.set(element);
    },
    delete(projection, id) {
      slots.get(projection)?.delete(id);
    },
    clear() {
      slots.clear();
      chunks.length = 0;
      next = 0;
    },
  };
}
