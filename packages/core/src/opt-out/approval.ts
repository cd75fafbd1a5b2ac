import type { Offer } from "../policy/revision.ts";

/** What is there of the approvals that are needed, and what is missing. */
export interface ApprovalTally {
  readonly complete: boolean;
  readonly needed: number;
  /** Persons who count. */
  readonly given: number;
  readonly groups: readonly { readonly name: string; readonly needed: number; readonly given: number }[];
  /** How many persons still have to agree, at least. */
  readonly left: number;
  /** In words, such as "1 more of `security`"; empty where nothing is missing. */
  readonly missing: readonly string[];
}

/**
 * Counts persons, each once and for one group at most, so that somebody of two groups fills the place of one. They are
 * set where most places are filled. `memberships` holds, for each person who may approve, the groups they are of now.
 */
export function tallyApprovals(
  approvals: Pick<Offer["approvals"], "from"> | undefined,
  needed: number,
  memberships: readonly ReadonlySet<string>[],
): ApprovalTally {
  const groups = approvals?.from ?? [];
  const places = groups.flatMap(({ name, count }) => Array.from({ length: count }, () => name));
  const holder = new Map<number, number>();
  for (let place = 0; place < places.length; place++) seat(place, new Set(), places, memberships, holder);
  const tally = groups.map(({ name, count }) => ({
    name,
    needed: count,
    given: [...holder.keys()].filter((place) => places[place] === name).length,
  }));
  const given = memberships.length;
  const short = tally.filter((group) => group.given < group.needed);
  const ofGroups = short.reduce((sum, group) => sum + group.needed - group.given, 0);
  // Whoever fills a place of a group is also one of all who are needed.
  const others = Math.max(needed - given - ofGroups, 0);
  return {
    complete: short.length === 0 && given >= needed,
    needed,
    given,
    groups: tally,
    left: ofGroups + others,
    missing: [
      ...short.map(({ name, needed: all, given: there }) => `${all - there} more of \`${name}\``),
      ...(others > 0 ? [`${others} more`] : []),
    ],
  };
}

/** Finds somebody for a place, moving others to another place of theirs where that helps. */
function seat(
  place: number,
  tried: Set<number>,
  places: readonly string[],
  memberships: readonly ReadonlySet<string>[],
  holder: Map<number, number>,
): boolean {
  for (const [person, groups] of memberships.entries()) {
    if (tried.has(person) || !groups.has(places[place] ?? "")) continue;
    tried.add(person);
    const sits = [...holder].find(([, who]) => who === person)?.[0];
    if (sits !== undefined && !seat(sits, tried, places, memberships, holder)) continue;
    holder.set(place, person);
    return true;
  }
  return false;
}
