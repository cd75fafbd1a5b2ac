const FULL = 256;
const DEEPEST_LEVEL = 63;

export interface TileName {
  readonly level: number;
  readonly index: number;
  /** 1 to 256 hashes. */
  readonly width: number;
}

/** Reads `<L>/<N>[.p/<W>]` (C2SP tlog-tiles): N in groups of three digits, all but the last written `x001`. */
export function tileOf(path: string): TileName | null {
  const parts = /^(\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path);
  if (parts === null) return null;
  const [, level = "", groups = "", partial] = parts;
  const index = Number(groups.replaceAll(/[x/]/g, ""));
  const width = partial === undefined ? FULL : Number(partial);
  const plain = String(Number(level)) === level && (partial === undefined || String(width) === partial);
  if (!plain || Number(level) > DEEPEST_LEVEL || !Number.isSafeInteger(index)) return null;
  return width < 1 || width > FULL || (partial !== undefined && width === FULL)
    ? null
    : { level: Number(level), index, width };
}
