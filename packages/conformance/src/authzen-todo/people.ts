/** A person of the interop's fixture, by the part of the id that tells them apart. */
export interface Person {
  readonly mark: string;
  readonly email: string;
  readonly roles: readonly string[];
}

export const PEOPLE: readonly Person[] = [
  { mark: "ZDA2", email: "rick@the-citadel.com", roles: ["admin", "evil_genius"] },
  { mark: "ZDE2", email: "morty@the-citadel.com", roles: ["editor"] },
  { mark: "ZDI2", email: "summer@the-smiths.com", roles: ["editor"] },
  { mark: "ZDM2", email: "beth@the-smiths.com", roles: ["viewer"] },
  { mark: "ZDQ2", email: "jerry@the-smiths.com", roles: ["viewer"] },
];

/** All ids begin alike; the mark follows. */
const BEGINNING = "CiRm";

export function personOf(id: string): Person {
  const person = PEOPLE.find(({ mark }) => id.startsWith(BEGINNING + mark));
  if (person === undefined) throw new Error(`the fixture has no person with the id \`${id.slice(0, 40)}\``);
  return person;
}
