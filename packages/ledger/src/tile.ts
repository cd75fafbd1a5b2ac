import { concatBytes } from "./encoding.ts";
import { LedgerError } from "./error.ts";
import { asHash, type Hash, hashLength, pureHasher, type TreeHasher } from "./hash.ts";
import type { NodeCoordinate } from "./proof-plan.ts";
import { toLogSize } from "./size.ts";
import { appendAll, emptyRange, root } from "./tree.ts";

/** How many hashes a full tile holds: a complete subtree of height 8 (C2SP tlog-tiles). */
export const tileWidth = 256;
const tileHeight = 8;

/** One tile; `width` below 256 is a partial one. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

function checkTile(tile: Tile): void {
  const { level, index, width } = tile;
  const fits = Number.isInteger(level) && level >= 0 && level <= 63 && Number.isInteger(width);
  if (!fits || width < 1 || width > tileWidth || !Number.isSafeInteger(index) || index < 0) {
    throw new LedgerError("malformed_tile", `no tile \`${level}/${index}\` of width \`${width}\``);
  }
}

/** `<N>[.p/<W>]`, N in groups of three digits. */
function tileName(index: number, width: number): string {
  const digits = `${index}`;
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/[0-9]{3}/g) ?? [];
  const name = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
  return width === tileWidth ? name : `${name}.p/${width}`;
}

/** Path below the log's prefix: `tile/<L>/<N>[.p/<W>]`. Throws `malformed_tile`. */
export function tilePath(tile: Tile): string {
  checkTile(tile);
  return `tile/${tile.level}/${tileName(tile.index, tile.width)}`;
}

/** Path below the log's prefix: `tile/entries/<N>[.p/<W>]`. Throws `malformed_tile`. */
export function bundlePath({ index, width }: Omit<Tile, "level">): string {
  checkTile({ level: 0, index, width });
  return `tile/entries/${tileName(index, width)}`;
}

const pathShape =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

function parsePath(path: string): Tile & { readonly ofEntries: boolean } {
  const [, level, name, width] = pathShape.exec(path) ?? [];
  if (level === undefined || name === undefined) {
    throw new LedgerError("malformed_tile", `expected a tile path, got \`${path.slice(0, 80)}\``);
  }
  const tile = {
    ofEntries: level === "entries",
    level: level === "entries" ? 0 : Number(level),
    index: Number(name.replaceAll(/[x/]/g, "")),
    width: width === undefined ? tileWidth : Number(width),
  };
  const right = tile.ofEntries ? bundlePath(tile) : tilePath(tile);
  if (right !== path) throw new LedgerError("malformed_tile", `expected \`${right}\`, got \`${path}\``);
  return tile;
}

/** Reads the path of a tile of hashes; each tile has exactly one. Throws `malformed_tile`. */
export function parseTilePath(path: string): Tile {
  const { ofEntries, level, index, width } = parsePath(path);
  if (ofEntries)
    throw new LedgerError("malformed_tile", "expected a tile of hashes, got a bundle of entries");
  return { level, index, width };
}

/** Reads the path of a bundle of entries; each bundle has exactly one. Throws `malformed_tile`. */
export function parseBundlePath(path: string): Omit<Tile, "level"> {
  const { ofEntries, index, width } = parsePath(path);
  if (!ofEntries)
    throw new LedgerError("malformed_tile", "expected a bundle of entries, got a tile of hashes");
  return { index, width };
}

/** How wide a tile is in a log of this size; 0 where it does not exist. */
export function widthAt(level: number, index: number, size: number): number {
  const hashes = Math.floor(toLogSize(size) / tileWidth ** level);
  return Math.min(tileWidth, Math.max(0, hashes - index * tileWidth));
}

/** Where a complete subtree is found: `width` hashes from `offset` on of a tile, whose root it is. */
export function tileOfNode(node: NodeCoordinate): {
  readonly level: number;
  readonly index: number;
  readonly offset: number;
  readonly width: number;
} {
  const level = Math.floor(node.level / tileHeight);
  const width = 2 ** (node.level % tileHeight);
  const first = node.index * width;
  return { level, index: Math.floor(first / tileWidth), offset: first % tileWidth, width };
}

/** A tile's bytes: up to 256 hashes end to end. Throws `malformed_tile`. */
export function hashTile(hashes: readonly Hash[]): Uint8Array {
  if (hashes.length < 1 || hashes.length > tileWidth) {
    throw new LedgerError("malformed_tile", `expected 1 to ${tileWidth} hashes, got ${hashes.length}`);
  }
  return concatBytes(...hashes);
}

/** The hashes of a tile. Throws `malformed_tile`. */
export function parseHashTile(bytes: Uint8Array, width: number): readonly Hash[] {
  if (width < 1 || width > tileWidth || bytes.length !== width * hashLength) {
    throw new LedgerError("malformed_tile", `expected ${width} hashes, got ${bytes.length} bytes`);
  }
  return Array.from({ length: width }, (_, at) =>
    asHash(bytes.slice(at * hashLength, (at + 1) * hashLength)),
  );
}

/** Root of a full tile, which is its one hash in the tile above. Throws `malformed_tile` for a partial one. */
export function tileRoot(hashes: readonly Hash[], hasher: TreeHasher = pureHasher): Hash {
  if (hashes.length !== tileWidth) {
    throw new LedgerError("malformed_tile", `expected ${tileWidth} hashes, got ${hashes.length}`);
  }
  return root(appendAll(emptyRange, hashes, hasher), hasher);
}
