import { accept, type Result, refuse } from "../vocabulary/result.ts";
import { FEATURES, type Feature, featureOf } from "./feature.ts";

/**
 * How often each value was seen of everybody: a count-min sketch (Cormode and Muthukrishnan, 2005), of a fixed size
 * whatever comes. It may count too much and never too little, so that a value may look more common than it is, which
 * only ever raises risk.
 */
export interface Population {
  /** Rows of counters, one after the other. */
  readonly counts: Uint32Array;
  /** Sightings of each feature, by the order of `FEATURES`. */
  readonly totals: Float64Array;
}

const ROWS = 3;
const VERSION = 1;
const MULTIPLIERS: readonly number[] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d];
/** Beyond it everything is halved: what was seen long ago fades. */
const MOST = 0x7fff_ffff;

/** `width`: counters in each of three rows, a power of two. The default takes 3 MB. */
export function emptyPopulation(width = 262_144): Population {
  if (!isWidth(width)) throw new TypeError("the width of a population is a power of two from 16 to 2^24");
  return { counts: new Uint32Array(ROWS * width), totals: new Float64Array(FEATURES.length) };
}

function isWidth(width: number): boolean {
  return Number.isInteger(width) && width >= 16 && width <= 2 ** 24 && (width & (width - 1)) === 0;
}

function slot(counts: Uint32Array, row: number, token: number): number {
  const width = counts.length / ROWS;
  let mixed = Math.imul(token ^ (token >>> 15), MULTIPLIERS[row] ?? 1);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4_eb2f);
  return row * width + ((mixed ^ (mixed >>> 16)) & (width - 1));
}

/** Counts one sighting, in place. Give it only what a profile counted, so that nobody makes a value common alone. */
export function observePopulation(population: Population, tokens: Iterable<number>): void {
  const { counts, totals } = population;
  for (const token of tokens) {
    if (token === 0) continue;
    const feature = featureOf(token);
    const least = countOf(population, token);
    for (let row = 0; row < ROWS; row++) {
      const at = slot(counts, row, token);
      // Only the counters that hold it back: the others have counted somebody else.
      if ((counts[at] ?? 0) <= least) counts[at] = least + 1;
    }
    totals[feature] = (totals[feature] ?? 0) + 1;
    if ((totals[feature] ?? 0) < MOST) continue;
    for (const [at, count] of counts.entries()) counts[at] = (count + 1) >>> 1;
    for (const [at, total] of totals.entries()) totals[at] = Math.ceil(total / 2);
  }
}

export function countOf({ counts }: Population, token: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < ROWS; row++) least = Math.min(least, counts[slot(counts, row, token)] ?? 0);
  return least;
}

/**
 * Different values that whoever is not the subject may come with, while few were seen: somebody else is not one of the
 * few people of a small organisation alone.
 */
const WORLD: Readonly<Record<Feature, number>> = {
  address: 4_096,
  network: 2_048,
  asn: 128,
  country: 16,
  agent: 256,
  browser: 8,
  system: 6,
  deviceKind: 3,
  device: 4_096,
  hour: 6,
};
const WIDTHS: readonly number[] = FEATURES.map((name) => WORLD[name]);

/** How common a value is among everybody else, above 0 and at most 1. */
export function commonness(population: Population, token: number): number {
  const feature = featureOf(token);
  const total = population.totals[feature] ?? 0;
  return Math.min(1, (countOf(population, token) + 1) / (total + (WIDTHS[feature] ?? 1)));
}

export function populationBytes({ counts, totals }: Population): Uint8Array {
  const bytes = new Uint8Array(8 + 8 * totals.length + 4 * counts.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, VERSION, true);
  view.setUint32(4, counts.length / ROWS, true);
  for (const [at, total] of totals.entries()) view.setFloat64(8 + 8 * at, total, true);
  for (const [at, count] of counts.entries()) view.setUint32(8 + 8 * totals.length + 4 * at, count, true);
  return bytes;
}

export type PopulationRefusal = "population_version" | "population_damaged";

export function parsePopulation(bytes: Uint8Array): Result<Population, PopulationRefusal> {
  if (bytes.length < 8) return refuse("population_damaged");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== VERSION) return refuse("population_version");
  const width = view.getUint32(4, true);
  const start = 8 + 8 * FEATURES.length;
  if (!isWidth(width) || bytes.length !== start + 4 * ROWS * width) return refuse("population_damaged");
  const population = emptyPopulation(width);
  for (let at = 0; at < FEATURES.length; at++) {
    const total = view.getFloat64(8 + 8 * at, true);
    if (!Number.isSafeInteger(total) || total < 0) return refuse("population_damaged");
    population.totals[at] = total;
  }
  for (let at = 0; at < population.counts.length; at++)
    population.counts[at] = view.getUint32(start + 4 * at, true);
  return accept(population);
}
