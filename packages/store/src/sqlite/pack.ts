/**
 * Many byte strings as one buffer and where each ends. A structured clone of thousands of small arrays costs
 * more than the SQL that reads them, and a small view of Node's pool would clone the whole pool.
 */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export function pack(parts: readonly Uint8Array[]): Packed {
  const ends = new Uint32Array(parts.length);
  let length = 0;
  for (const [index, part] of parts.entries()) {
    length += part.length;
    ends[index] = length;
  }
  const bytes = new Uint8Array(length);
  let start = 0;
  for (const part of parts) {
    bytes.set(part, start);
    start += part.length;
  }
  return { bytes, ends };
}

/** The part at a position, as a view. */
export function part(packed: Packed, index: number): Uint8Array {
  const start = index === 0 ? 0 : (packed.ends[index - 1] ?? 0);
  return packed.bytes.subarray(start, packed.ends[index] ?? start);
}

/** The element of a column that is known to be that long. */
export function cell<T>(column: readonly T[], index: number): T {
  const value = column[index];
  if (value === undefined) throw new RangeError(`expected a column longer than \`${index}\``);
  return value;
}
