import type { Dice } from "../crash/seeded.ts";

/** One provider of one country, with the towns that it serves and its networks of 256 addresses in each. */
export interface Provider {
  readonly country: string;
  readonly asn: number;
  readonly kind: "fixed" | "mobile" | "hosting";
  readonly towns: readonly Town[];
}

export interface Town {
  readonly region: string;
  readonly city: string;
  /** The first three bytes of each network. */
  readonly networks: readonly string[];
}

/** People sign in to a service of one country, as in the published data; attackers come from everywhere. */
export const HOME = "NO";
const ABROAD = "SE DK DE GB PL NL US ES FR FI LT IN BR RU VN ID UA CN TH TR".split(" ");
const TOWNS_AT_HOME = 30;

export interface Internet {
  readonly at: (country: string, kind: Provider["kind"]) => readonly Provider[];
  readonly countries: readonly string[];
}

export function internet(dice: Dice): Internet {
  const providers: Provider[] = [];
  let networks = 0;
  let asn = 1_000;
  const add = (country: string, kind: Provider["kind"], towns: number, each: number): void => {
    asn += 1 + Math.floor(dice() * 200);
    providers.push({
      country,
      asn,
      kind,
      towns: Array.from({ length: towns }, (_, town) => ({
        region: `${country} ${Math.floor(town / 4)}`,
        city: `${country} town ${town}`,
        networks: Array.from({ length: each }, () => {
          networks += 1;
          return `${20 + (networks >>> 16)}.${(networks >>> 8) & 255}.${networks & 255}`;
        }),
      })),
    });
  };
  for (let one = 0; one < 5; one++) add(HOME, "fixed", TOWNS_AT_HOME, 12);
  for (let one = 0; one < 3; one++) add(HOME, "mobile", TOWNS_AT_HOME, 3);
  for (let one = 0; one < 12; one++) add(HOME, "hosting", 3, 8);
  for (const country of ABROAD) {
    for (let one = 0; one < 5; one++) add(country, "fixed", 6, 10);
    for (let one = 0; one < 2; one++) add(country, "mobile", 3, 6);
    for (let one = 0; one < 5; one++) add(country, "hosting", 2, 12);
  }
  const groups = new Map<string, Provider[]>();
  for (const provider of providers) {
    const key = `${provider.country} ${provider.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), provider]);
  }
  return {
    at: (country, kind) => groups.get(`${country} ${kind}`) ?? [],
    countries: ABROAD,
  };
}

export function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  const item = items[Math.floor(dice() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** The first items far more often than the last: item `n` about in proportion to 1 / (n + 1). */
export function pickEarly<Item>(dice: Dice, items: readonly Item[]): Item {
  const at = Math.floor((items.length + 1) ** dice()) - 1;
  return items[Math.min(at, items.length - 1)] ?? pick(dice, items);
}
