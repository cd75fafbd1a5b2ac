import type { Dice } from "../crash/seeded.ts";
import { pick } from "./internet.ts";
import type { AttackerName } from "./published.ts";
import { isOwn, type SignIn } from "./sign-in.ts";

/** Somebody who has the password and makes up the rest, by what they know of whom they attack. */
export type Attackers = Readonly<Record<AttackerName, (victim: readonly SignIn[], dice: Dice) => SignIn>>;

/** From the rows of a data set, generated or imported: every value that an attacker shows was seen somewhere. */
export function attackersFrom(rows: readonly SignIn[]): Attackers {
  const people = rows.filter(isOwn);
  const hostile = rows.filter(({ attackAddress }) => attackAddress);
  const worldwide = hostile.length > 0 ? hostile : rows;
  const [byCountry, byTown, byType] = [
    group(people, "country"),
    group(people, "city"),
    group(people, "deviceType"),
  ];
  const last = (victim: readonly SignIn[]): SignIn => {
    const row = victim.at(-1);
    if (row === undefined) throw new Error("an attacker needs a victim");
    return row;
  };
  const others = (found: readonly SignIn[] | undefined, { user, country }: SignIn, dice: Dice): SignIn => {
    for (let tries = 0; found !== undefined && tries < 20; tries++) {
      const row = pick(dice, found);
      if (row.user !== user) return row;
    }
    // Nobody else is there: somebody of the same country, or anybody.
    const near = byCountry.get(country);
    return found === near || near === undefined ? pick(dice, people) : pick(dice, near);
  };
  return {
    naive: (victim, dice) => joined(pick(dice, worldwide), pick(dice, rows), last(victim), dice),
    VPN: (victim, dice) =>
      joined(
        others(byCountry.get(last(victim).country), last(victim), dice),
        pick(dice, rows),
        last(victim),
        dice,
      ),
    targeted(victim, dice) {
      const [whom, alike] = [last(victim), pick(dice, victim)];
      // What is popular comes up as often as people use it.
      const agent = others(byType.get(alike.deviceType), whom, dice);
      return joined(others(byTown.get(alike.city), whom, dice), agent, whom, dice);
    },
    "very targeted"(victim, dice) {
      const own = pick(dice, victim);
      return {
        ...joined(own, own, last(victim), dice),
        at: Math.floor(last(victim).at / DAY) * DAY + (own.at % DAY),
      };
    },
  };
}

const DAY = 86_400_000;

function joined(from: SignIn, agent: SignIn, victim: SignIn, dice: Dice): SignIn {
  const { address, country, region, city, asn } = from;
  const at = Math.floor(victim.at / DAY) * DAY + Math.floor(dice() * DAY);
  const { agent: text, system, browser, deviceType } = agent;
  return { ...victim, address, country, region, city, asn, agent: text, system, browser, deviceType, at };
}

function group(rows: readonly SignIn[], by: "country" | "city" | "deviceType"): Map<string, SignIn[]> {
  const groups = new Map<string, SignIn[]>();
  for (const row of rows) {
    const found = groups.get(row[by]);
    if (found === undefined) groups.set(row[by], [row]);
    else found.push(row);
  }
  return groups;
}
