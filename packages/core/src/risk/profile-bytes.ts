import { accept, type Result, refuse } from "../vocabulary/result.ts";
import { LAST_DAY } from "./day.ts";
import { FEATURES, featureOf, MOST_VALUES } from "./feature.ts";
import {
  distinctOf,
  HEAD,
  lastPlaceOf,
  MOST_OF_DAY,
  MOST_OF_VALUE,
  PROFILE_VERSION,
  type Profile,
} from "./profile.ts";

/** The profile as little-endian words, whatever the machine; its first four bytes hold the version. */
export function profileBytes(profile: Profile): Uint8Array {
  const bytes = new Uint8Array(profile.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of profile.entries()) view.setUint32(at * 4, word, true);
  return bytes;
}

export type ProfileRefusal = "profile_version" | "profile_damaged";

/** Reads what `profileBytes` wrote. Anything that could not have come from it is refused: then there is no history. */
export function parseProfile(bytes: Uint8Array): Result<Profile, ProfileRefusal> {
  if (bytes.length % 8 !== 4 || bytes.length < HEAD * 4) return refuse("profile_damaged");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(bytes.length / 4);
  for (let at = 0; at < words.length; at++) words[at] = view.getUint32(at * 4, true);
  if ((words[0] ?? 0) >>> 24 !== PROFILE_VERSION) return refuse("profile_version");
  const profile = words as Profile;
  return headStands(profile) && valuesStand(profile) ? accept(profile) : refuse("profile_damaged");
}

function headStands(profile: Profile): boolean {
  const word = (at: number): number => profile[at] ?? 0;
  const [firstDay, lastDay] = [word(1) >>> 16, word(1) & 0xffff];
  const signIns = word(0) & 0xffff;
  const today = (word(0) >>> 16) & 0xff;
  if (today > MOST_OF_DAY || today > signIns || (signIns > 0 && today === 0)) return false;
  if (firstDay > lastDay || lastDay > LAST_DAY || word(7) >>> 30 !== 0) return false;
  if (signIns === 0 && profile.length > HEAD) return false;
  const placed = word(9) !== 0;
  if (placed ? lastPlaceOf(profile) === null : word(8) !== 0 || word(10) !== 0) return false;
  return FEATURES.every((_, feature) => ((word(7) >>> (3 * feature)) & 7) <= MOST_OF_DAY);
}

function valuesStand(profile: Profile): boolean {
  const lastOfAll = (profile[1] ?? 0) & 0xffff;
  let before = 0;
  for (let at = HEAD; at < profile.length; at += 2) {
    const token = profile[at] ?? 0;
    const packed = profile[at + 1] ?? 0;
    if (token <= before || featureOf(token) >= FEATURES.length) return false;
    before = token;
    const [lastDay, span] = [packed >>> 18, (packed >>> 10) & 0xff];
    const [count, today] = [(packed >>> 2) & 0xff, packed & 3];
    if (count === 0 || today === 0 || today > MOST_OF_VALUE || lastDay > lastOfAll || span > lastDay)
      return false;
  }
  return FEATURES.every((name, feature) => distinctOf(profile, feature) <= MOST_VALUES[name]);
}
