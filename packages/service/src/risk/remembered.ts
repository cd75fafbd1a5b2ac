import {
  emptyProfile,
  NO_COUNT,
  type Observed,
  observe,
  type Profile,
  parseCount,
  parseProfile,
  profileBytes,
  type Sighting,
} from "@postern/core";

/** What is remembered of one subject's sign-ins. */
export interface Remembered {
  readonly profile: Profile;
  /** Attempts that failed since the last sign-in that met its challenge. */
  readonly failed: number;
}

export const NOTHING: Remembered = { profile: emptyProfile(), failed: 0 };

/** What happened, so that it can be counted again on what somebody else wrote meanwhile. */
export interface Change {
  /** Sign-ins that met their challenge. */
  readonly signIns: readonly { readonly sighting: Sighting; readonly observed: Observed }[];
  /** Attempts that failed after the last of them. */
  readonly failed: number;
}

export const FAILED: Change = { signIns: [], failed: 1 };

/** More of one moment say nothing new: of one day a profile counts six. */
const MOST_SIGN_INS = 64;

export function together(first: Change, then: Change): Change {
  return {
    signIns: [...first.signIns, ...then.signIns].slice(-MOST_SIGN_INS),
    failed: then.signIns.length > 0 ? then.failed : first.failed + then.failed,
  };
}

export function changed({ profile, failed }: Remembered, { signIns, failed: more }: Change): Remembered {
  const count = parseCount((signIns.length > 0 ? 0 : failed) + more);
  return {
    profile: signIns.reduce((known, { sighting, observed }) => observe(known, sighting, observed), profile),
    failed: count.ok ? count.value : NO_COUNT,
  };
}

export function rememberedBytes({ profile, failed }: Remembered): Uint8Array {
  const packed = profileBytes(profile);
  const bytes = new Uint8Array(4 + packed.length);
  new DataView(bytes.buffer).setUint32(0, failed);
  bytes.set(packed, 4);
  return bytes;
}

/** What cannot be read is no history. */
export function rememberedIn(bytes: Uint8Array): Remembered {
  if (bytes.length < 4) return NOTHING;
  const profile = parseProfile(bytes.subarray(4));
  if (!profile.ok) return NOTHING;
  const failed = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0);
  return { profile: profile.value, failed };
}
