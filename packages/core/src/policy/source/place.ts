import type { LineCounter } from "yaml";
import type { Position } from "../revision.ts";

/** Where one value stands, and how its text is written down. */
export interface Spot {
  readonly key: number;
  readonly value: number;
  readonly style: "plain" | "single" | "double" | "literal" | "other";
}

/** Finds the place of what a document says. Values of mappings and lists are asked for by their parent. */
export interface Places {
  readonly start: Position;
  of(parent: object, key: string | number): Position;
  ofKey(parent: object, key: string | number): Position;
  /** The place of a line and column (from 1) inside a text value, such as a condition. */
  inside(parent: object, key: string | number, line: number, column: number): Position;
}

export type Spots = WeakMap<object, Map<string | number, Spot>>;

export function createPlaces(
  file: string,
  text: string,
  lines: LineCounter,
  start: number,
  spots: Spots,
): Places {
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const spot = (parent: object, key: string | number): Spot | undefined => spots.get(parent)?.get(key);
  const of = (parent: object, key: string | number): Position => position(spot(parent, key)?.value ?? start);
  return {
    start: position(start),
    of,
    ofKey: (parent, key) => position(spot(parent, key)?.key ?? start),
    inside(parent, key, line, column) {
      const found = spot(parent, key);
      if (found === undefined) return of(parent, key);
      if (found.style === "literal") return insideLiteral(found.value, line, column);
      if (line !== 1 || found.style === "other") return of(parent, key);
      return position(insideLine(text, found, column));
    },
  };

  function insideLiteral(offset: number, line: number, column: number): Position {
    const header = position(offset);
    const first = text.indexOf("\n", offset) + 1;
    const indent = /^ */.exec(text.slice(first, first + 256))?.[0].length ?? 0;
    return { file, line: header.line + line, column: indent + column };
  }
}

/** The offset of a column of a one-line value, counting escapes as they are written. */
function insideLine(text: string, spot: Spot, column: number): number {
  if (spot.style === "plain") return spot.value + column - 1;
  let at = spot.value + 1;
  for (let seen = 1; seen < column && at < text.length; seen++) {
    if (spot.style === "single") at += text[at] === "'" ? 2 : 1;
    else at += text[at] === "\\" ? 2 : 1;
  }
  return at;
}
