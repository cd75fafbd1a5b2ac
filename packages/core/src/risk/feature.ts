declare const brand: unique symbol;

/** What is compared of a sign-in. The order is that of stored profiles: names are added at the end, never moved. */
export const FEATURES = [
  "address",
  "network",
  "asn",
  "country",
  "agent",
  "browser",
  "system",
  "deviceKind",
  "device",
  "hour",
] as const;

export type Feature = (typeof FEATURES)[number];

/** Each from the most exact to the most general: what was never seen on one level is weighed on the next. */
export const CHAINS: readonly (readonly Feature[])[] = [
  ["address", "network", "asn", "country"],
  ["agent", "browser", "system", "deviceKind"],
  ["device"],
  ["hour"],
];

/** How many values of each are remembered. */
export const MOST_VALUES: Readonly<Record<Feature, number>> = {
  address: 20,
  network: 14,
  asn: 8,
  country: 6,
  agent: 10,
  browser: 6,
  system: 6,
  deviceKind: 4,
  device: 8,
  hour: 12,
};

/** A value of one feature as profiles hold it: 4 bits of feature, 28 bits of keyed hash. Never 0. */
export type SightedValue = number & { readonly [brand]: "token" };

/** 32 bits of a hash under a secret key. Without the key nobody can find out what a token stands for. */
export type KeyedHash = (text: string) => number;

/** By feature; a missing one was not to be had. Each value at most 512 UTF-16 units. */
export type FeatureValues = Readonly<Partial<Record<Feature, string>>>;

/** The tokens of one request or sign-in, by the order of `FEATURES`; 0 where a value is missing. */
export type Sighting = readonly number[] & { readonly [brand]: "sighting" };

const LONGEST = 512;

export function featureOf(token: number): number {
  return token >>> 28;
}

function tokenOf(feature: number, hash: number): SightedValue {
  const low = (hash >>> 4) & 0x0fff_ffff;
  return (((feature << 28) | (low === 0 ? 1 : low)) >>> 0) as SightedValue;
}

/**
 * What is nested is hashed together with all that it lies in, so that a value is known only where it was seen: the
 * same browser on another system is another one. A value that is no text, empty or too long counts as missing.
 */
export function sightingOf(values: FeatureValues, hash: KeyedHash): Sighting {
  const tokens: number[] = FEATURES.map(() => 0);
  for (const chain of CHAINS) {
    let within = "";
    for (const name of [...chain].reverse()) {
      const value: unknown = values[name];
      if (typeof value !== "string" || value === "" || value.length > LONGEST) continue;
      // The two halves of an address chain come from different sources: what a database says of an address may change.
      const text = name === "address" || name === "network" ? value : `${within}${value}`;
      const at = FEATURES.indexOf(name);
      tokens[at] = tokenOf(at, hash(`${name}\n${text}`) >>> 0);
      within = `${text}\n`;
    }
  }
  return tokens as readonly number[] as Sighting;
}

export function missingOf(sighting: Sighting): readonly Feature[] {
  return FEATURES.filter((_, at) => (sighting[at] ?? 0) === 0);
}
