import { instant } from "../vocabulary/instant.ts";
import type { Day } from "./day.ts";
import { FEATURES, MOST_VALUES, type Sighting } from "./feature.ts";
import { type PlacedAt, placeOf } from "./place.ts";

declare const brand: unique symbol;

/**
 * What was seen of a subject at past sign-ins, packed into 32-bit words and never changed in place: a head, then two
 * words for each value, in ascending order of their tokens.
 *
 *     0      version (8) · unused (5) · sign-ins counted on the last day (3) · sign-ins (16)
 *     1      first day (16) · last day (16)
 *     2..6   sign-ins counted for each feature (16 each)
 *     7      of these on the last day (3 each)
 *     8..10  latitude (16) longitude (16) · radius in km + 1, 0: no place (32) · when, in seconds (32)
 *     value  token (32) · last day (14) days since first seen (8) count (8) counted on the last day (2)
 */
export type Profile = Uint32Array & { readonly [brand]: true };

export const PROFILE_VERSION = 1;
export const HEAD = 11;
/** Counted of one value on one day, however often it is seen. */
export const MOST_OF_VALUE = 2;
/** Counted of one feature on one day: many values at once do not make all others rare. */
export const MOST_OF_DAY = 6;
const MOST_COUNT = 255;
const MOST_SPAN = 255;
const MOST_TOTAL = 0xffff;
/** After so many days without a sight of it a value counts for half as much when room is needed. */
const HALF_LIFE = 90;

export function emptyProfile(): Profile {
  const words = new Uint32Array(HEAD);
  words[0] = PROFILE_VERSION << 24;
  return words as Profile;
}

function word(profile: Uint32Array, at: number): number {
  return profile[at] ?? 0;
}

/** Sign-ins that were counted, at most six of each day. */
export function signInsOf(profile: Profile): number {
  return word(profile, 0) & 0xffff;
}

/** Sign-ins that were counted for a feature. */
export function totalOf(profile: Uint32Array, feature: number): number {
  const both = word(profile, 2 + (feature >> 1));
  return feature % 2 === 0 ? both >>> 16 : both & 0xffff;
}

/** Where the value lies, or would lie. */
function indexOf(profile: Uint32Array, token: number): number {
  let from = 0;
  let to = (profile.length - HEAD) >> 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (word(profile, HEAD + 2 * middle) < token) from = middle + 1;
    else to = middle;
  }
  return HEAD + 2 * from;
}

export interface Seen {
  readonly count: number;
  /** Days since 2020-01-01. The first is exact within the last 255 days before the last one. */
  readonly firstDay: number;
  readonly lastDay: number;
}

/** What is known of one value; null: never seen, or forgotten. */
export function seenOf(profile: Profile, token: number): Seen | null {
  const at = indexOf(profile, token);
  if (token === 0 || word(profile, at) !== token) return null;
  const packed = word(profile, at + 1);
  const lastDay = packed >>> 18;
  return { count: (packed >>> 2) & 0xff, firstDay: lastDay - ((packed >>> 10) & 0xff), lastDay };
}

/** How many values of a feature are held. */
export function distinctOf(profile: Uint32Array, feature: number): number {
  return (indexOf(profile, ((feature + 1) << 28) >>> 0) - indexOf(profile, (feature << 28) >>> 0)) >> 1;
}

/** Where the subject was last seen to be; null: nobody knows. */
export function lastPlaceOf(profile: Profile): PlacedAt | null {
  const radius = word(profile, 9);
  if (radius === 0) return null;
  const packed = word(profile, 8);
  const place = placeOf(
    ((packed >>> 16) / 0xffff) * 180 - 90,
    ((packed & 0xffff) / 0xffff) * 360 - 180,
    radius - 1,
  );
  return place === null ? null : { place, at: instant(word(profile, 10) * 1000) };
}

export interface Observed {
  readonly day: Day;
  /** Null: nobody knows where. */
  readonly placed: PlacedAt | null;
}

/**
 * The profile with one more sign-in that met its challenge. A day that lies before the last one counts as that:
 * history is never added to days that are over. Within a day the order does not matter, while all values fit.
 */
export function observe(profile: Profile, sighting: Sighting, { day: told, placed }: Observed): Profile {
  const lastDay = word(profile, 1) & 0xffff;
  const empty = signInsOf(profile) === 0;
  const day = empty ? told : Math.max(told, lastDay);
  const sameDay = !empty && day === lastDay;
  let words = growFor(profile, sighting);
  const counted = sameDay ? (word(words, 0) >>> 16) & 7 : 0;
  const signIns = Math.min(signInsOf(profile) + (counted < MOST_OF_DAY ? 1 : 0), 0xffff);
  words[0] = ((PROFILE_VERSION << 24) | (Math.min(counted + 1, MOST_OF_DAY) << 16) | signIns) >>> 0;
  words[1] = (((empty ? day : word(words, 1) >>> 16) << 16) | day) >>> 0;
  if (!sameDay) words[7] = 0;
  for (let feature = 0; feature < FEATURES.length; feature++) {
    const token = sighting[feature] ?? 0;
    if (token === 0 || !countValue(words, token, day)) continue;
    const today = (word(words, 7) >>> (3 * feature)) & 7;
    if (today < MOST_OF_DAY) {
      words[7] = word(words, 7) + (1 << (3 * feature));
      setTotal(words, feature, Math.min(totalOf(words, feature) + 1, MOST_TOTAL));
    }
    words = aged(words, feature);
    words = fitted(words, feature, token, day);
  }
  if (placed !== null) keepPlace(words, placed);
  return words as Profile;
}

function setTotal(words: Uint32Array, feature: number, total: number): void {
  const at = 2 + (feature >> 1);
  const both = word(words, at);
  words[at] = (feature % 2 === 0 ? (total << 16) | (both & 0xffff) : (both & 0xffff_0000) | total) >>> 0;
}

/** A copy with room, in order, for the values that were not seen before. */
function growFor(profile: Profile, sighting: Sighting): Uint32Array {
  const fresh = sighting.filter((token) => token !== 0 && word(profile, indexOf(profile, token)) !== token);
  const words = new Uint32Array(profile.length + 2 * fresh.length);
  words.set(profile.subarray(0, HEAD));
  let [from, to, next] = [HEAD, HEAD, 0];
  while (to < words.length) {
    const token = fresh[next];
    if (token !== undefined && (from >= profile.length || token < word(profile, from))) {
      words[to] = token;
      next += 1;
    } else {
      words[to] = word(profile, from);
      words[to + 1] = word(profile, from + 1);
      from += 2;
    }
    to += 2;
  }
  return words;
}

/** Counts the value once more; false: it has been counted often enough today. */
function countValue(words: Uint32Array, token: number, day: number): boolean {
  const at = indexOf(words, token);
  const packed = word(words, at + 1);
  const count = (packed >>> 2) & 0xff;
  const lastDay = packed >>> 18;
  const first = count === 0;
  const today = !first && lastDay === day ? packed & 3 : 0;
  if (today >= MOST_OF_VALUE) return false;
  const span = first ? 0 : Math.min(((packed >>> 10) & 0xff) + (day - lastDay), MOST_SPAN);
  words[at + 1] = ((day << 18) | (span << 10) | (Math.min(count + 1, MOST_COUNT) << 2) | (today + 1)) >>> 0;
  return true;
}

/** Halves what is counted of a feature when a count is full: down for values, up for their sum, so that none gains. */
function aged(words: Uint32Array, feature: number): Uint32Array {
  const [from, to] = rangeOf(words, feature);
  let full = totalOf(words, feature) >= MOST_TOTAL;
  for (let at = from; at < to; at += 2) full ||= ((word(words, at + 1) >>> 2) & 0xff) >= MOST_COUNT;
  if (!full) return words;
  setTotal(words, feature, Math.ceil(totalOf(words, feature) / 2));
  let kept = words;
  for (let at = to - 2; at >= from; at -= 2) {
    const packed = word(kept, at + 1);
    const count = ((packed >>> 2) & 0xff) >> 1;
    if (count === 0) kept = without(kept, at);
    else kept[at + 1] = ((packed & ~(0xff << 2)) | (count << 2)) >>> 0;
  }
  return kept;
}

/**
 * Forgets the least of the other values where there are too many: the fewest sights by their age, then the longest
 * ago. What was counted stays in the sum, so that no value looks more common for it.
 */
function fitted(words: Uint32Array, feature: number, newest: number, day: number): Uint32Array {
  const name = FEATURES[feature];
  const [from, to] = rangeOf(words, feature);
  if (name === undefined || (to - from) / 2 <= MOST_VALUES[name]) return words;
  let [least, worth, last] = [-1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let at = from; at < to; at += 2) {
    if (word(words, at) === newest) continue;
    const packed = word(words, at + 1);
    const lastDay = packed >>> 18;
    const own = ((packed >>> 2) & 0xff) / 2 ** Math.floor((day - lastDay) / HALF_LIFE);
    if (own < worth || (own === worth && lastDay <= last)) [least, worth, last] = [at, own, lastDay];
  }
  return least < 0 ? words : without(words, least);
}

function rangeOf(words: Uint32Array, feature: number): readonly [number, number] {
  return [indexOf(words, (feature << 28) >>> 0), indexOf(words, ((feature + 1) << 28) >>> 0)];
}

function without(words: Uint32Array, at: number): Uint32Array {
  const less = new Uint32Array(words.length - 2);
  less.set(words.subarray(0, at));
  less.set(words.subarray(at + 2), at);
  return less;
}

/** The latest place counts, whichever was told first. */
function keepPlace(words: Uint32Array, { place, at }: PlacedAt): void {
  const seconds = Math.floor(at / 1000);
  const latitude = Math.round(((place.latitude + 90) / 180) * 0xffff);
  const longitude = Math.round(((place.longitude + 180) / 360) * 0xffff);
  const packed = ((latitude << 16) | longitude) >>> 0;
  const before = word(words, 9) === 0 ? -1 : word(words, 10);
  if (before > seconds || (before === seconds && word(words, 8) > packed)) return;
  words[8] = packed;
  words[9] = Math.ceil(place.radius) + 1;
  words[10] = Math.min(seconds, 0xffff_ffff);
}
