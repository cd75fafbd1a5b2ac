import { type Dice, seeded } from "../crash/seeded.ts";
import { describe, type Machine, machine } from "./agents.ts";
import { HOME, type Internet, internet, type Provider, pick, pickEarly, type Town } from "./internet.ts";
import type { SignIn } from "./sign-in.ts";

const DAY = 86_400_000;
const START = Date.UTC(2020, 1, 3);
const SPAN_DAYS = 365;

/** Where somebody may sign in from: a line with an address that stays a while, or a pool that changes every time. */
interface Line {
  readonly provider: Provider;
  readonly town: Town;
  /** Days for which an address stays; 0: a new one each time. */
  readonly stays: number;
  /** Networks of the pool that its addresses come from. */
  readonly pool: readonly string[];
  readonly salt: number;
}

interface Person {
  readonly user: string;
  readonly home: Line;
  readonly work: Line | null;
  readonly phoneLine: Line;
  readonly computer: Machine;
  readonly phone: Machine | null;
  readonly workComputer: Machine | null;
  readonly hour: number;
  readonly travels: number;
  readonly onTheGo: number;
  /** How often they come through somebody else's tunnel. */
  readonly hides: number;
}

/** People of one service over a year, and attempts from addresses that attack; each row in the order of time. */
export function generate(size: {
  readonly people: number;
  readonly signIns: number;
  readonly seed: number;
}): SignIn[] {
  const dice = seeded(size.seed);
  const world = internet(dice);
  const rows: SignIn[] = [];
  for (let at = 0; at < size.people; at++) {
    const person = born(`${at}`, world, dice);
    // Some come daily for two months, others now and then for the year.
    const every = Math.min((SPAN_DAYS - 40) / size.signIns, 0.7 * 14 ** dice());
    let day = dice() * (SPAN_DAYS - every * size.signIns);
    for (let one = 0; one < size.signIns; one++) {
      rows.push(signIn(person, day, world, dice));
      day += every * -Math.log(1 - dice() * 0.95);
    }
  }
  const attempts = Math.round(rows.length / 20);
  for (let at = 0; at < attempts; at++) rows.push(attempt(size.people, world, dice));
  return rows.sort((a, b) => a.at - b.at);
}

function line(provider: Provider, town: Town, stays: number, networks: number, dice: Dice): Line {
  const pool = Array.from({ length: networks }, () => pick(dice, town.networks));
  return { provider, town, stays, pool, salt: Math.floor(dice() * 1e6) };
}

function born(user: string, world: Internet, dice: Dice): Person {
  const country = dice() < 0.94 ? HOME : pick(dice, world.countries);
  const homeProvider = pickEarly(dice, world.at(country, "fixed"));
  const town = pickEarly(dice, homeProvider.towns);
  const workProvider = pickEarly(dice, world.at(country, "fixed"));
  const workTown =
    workProvider.towns.find(({ city }) => city === town.city) ?? pick(dice, workProvider.towns);
  const mobile = pickEarly(dice, world.at(country, "mobile"));
  const mobileTown = mobile.towns.find(({ city }) => city === town.city) ?? pick(dice, mobile.towns);
  const works = dice() < 0.4;
  // Some lines at home keep their address for months; others are given another every few days or weeks.
  const stays = dice() < 0.5 ? 10_000 : 2 + 60 * dice() ** 2;
  return {
    user,
    home: line(homeProvider, town, stays, stays > 1_000 ? 1 : 5, dice),
    work: works ? line(workProvider, workTown, 10_000, 1, dice) : null,
    phoneLine: line(mobile, mobileTown, 0, 3, dice),
    computer: machine(dice, "desktop"),
    phone: dice() < 0.55 ? machine(dice, "mobile") : null,
    workComputer: works && dice() < 0.5 ? machine(dice, "desktop") : null,
    hour: 8 + dice() * 13,
    travels: dice() < 0.25 ? 0.08 : 0.012,
    onTheGo: dice() * 0.6,
    hides: dice() < 0.1 ? 0.3 : 0.01,
  };
}

function addressOn({ pool, stays, salt }: Line, day: number, dice: Dice): string {
  if (stays === 0) return `${pick(dice, pool)}.${1 + Math.floor(dice() * 40)}`;
  const turn = Math.floor((day + (salt % stays)) / stays);
  return `${pool[turn % pool.length] ?? "20.0.0"}.${1 + ((salt + turn * 7919) % 254)}`;
}

function signIn(person: Person, day: number, world: Internet, dice: Dice): SignIn {
  const { home, work, phoneLine, computer, phone, workComputer } = person;
  let [at, held] = [home, computer];
  if (dice() < person.travels) at = hotel(world, dice);
  else if (phone !== null && dice() < 0.35) [at, held] = [dice() < person.onTheGo ? phoneLine : home, phone];
  else if (work !== null && dice() < 0.45) [at, held] = [work, workComputer ?? computer];
  if (dice() < person.hides) at = tunnel(world, dice);
  // Once in a while somebody else's machine, one that was bought today, or a browser inside another program.
  if (dice() < 0.02) held = machine(dice, "any");
  const hour = person.hour + (dice() + dice() + dice() - 1.5) * 4;
  return {
    ...placed(at, addressOn(at, day, dice)),
    ...used(held, day),
    user: person.user,
    at: START + Math.floor(day) * DAY + Math.floor((((hour % 24) + 24) % 24) * 3_600_000),
    roundTrip: Math.round(20 + 300 * dice() ** 2),
    successful: true,
    attackAddress: false,
    takenOver: false,
  };
}

function hotel(world: Internet, dice: Dice): Line {
  const provider = pick(
    dice,
    world.at(dice() < 0.5 ? HOME : pick(dice, world.countries), dice() < 0.6 ? "fixed" : "mobile"),
  );
  return line(provider, pick(dice, provider.towns), 10_000, 1, dice);
}

function tunnel(world: Internet, dice: Dice): Line {
  const provider = pick(dice, world.at(dice() < 0.5 ? HOME : pick(dice, world.countries), "hosting"));
  return line(provider, pick(dice, provider.towns), 0, 2, dice);
}

function attempt(people: number, world: Internet, dice: Dice): SignIn {
  const country = dice() < 0.06 ? HOME : pick(dice, world.countries);
  const kind = dice() < 0.5 ? "hosting" : dice() < 0.7 ? "fixed" : "mobile";
  const provider = pick(dice, world.at(country, kind));
  const from = line(provider, pick(dice, provider.towns), 0, 1, dice);
  const day = dice() * SPAN_DAYS;
  return {
    ...placed(from, addressOn(from, day, dice)),
    ...used(machine(dice, "any"), day - dice() * 200),
    user: `${Math.floor(dice() * people)}`,
    at: START + Math.floor(day * DAY),
    roundTrip: null,
    successful: false,
    attackAddress: true,
    takenOver: false,
  };
}

function placed(
  { provider, town }: Line,
  address: string,
): Pick<SignIn, "address" | "country" | "region" | "city" | "asn"> {
  return { address, country: provider.country, region: town.region, city: town.city, asn: provider.asn };
}

function used(held: Machine, day: number): Pick<SignIn, "agent" | "browser" | "system" | "deviceType"> {
  return { ...describe(held, day), system: held.system, deviceType: held.type };
}
