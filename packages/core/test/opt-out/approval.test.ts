import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tallyApprovals } from "../../src/opt-out/approval.ts";

const group = (name: string, count: number) => ({ name, count, rule: null });
const of = (...names: readonly string[]): ReadonlySet<string> => new Set(names);

/** Whether each place of a group can have a person of its own, by trying every way to sit. */
function seatable(places: readonly string[], people: readonly ReadonlySet<string>[]): boolean {
  const [place, ...rest] = places;
  if (place === undefined) return true;
  return people.some(
    (groups, at) =>
      groups.has(place) &&
      seatable(
        rest,
        people.filter((_, other) => other !== at),
      ),
  );
}

describe("approvals of groups", () => {
  it("are complete exactly where every place of a group can have a person of its own, and the number is there", () => {
    const names = ["a", "b", "c"];
    const person = fc.subarray(names).map((mine) => of(...mine));
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 5 }),
        fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(1) }),
        fc.nat(5),
        (people, counts, more) => {
          const from = [group("a", counts.a), group("b", counts.b), group("c", counts.c)].filter(
            ({ count }) => count > 0,
          );
          const places = from.flatMap(({ name, count }) => Array.from({ length: count }, () => name));
          const needed = Math.max(places.length, more);
          const tally = tallyApprovals({ from }, needed, people);
          expect(tally.complete).toBe(seatable(places, people) && people.length >= needed);
          expect(tally.complete).toBe(tally.missing.length === 0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("without groups are a number of persons", () => {
    expect(tallyApprovals(undefined, 2, [of()])).toMatchObject({ complete: false, missing: ["1 more"] });
    expect(tallyApprovals({ from: [] }, 2, [of(), of()]).complete).toBe(true);
  });
});
