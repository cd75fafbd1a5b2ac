import { describe, expect, it } from "vitest";
import { seeded } from "../../src/crash/seeded.ts";
import { attackersFrom } from "../../src/risk/attackers.ts";
import { generate } from "../../src/risk/generate.ts";
import { csvRows } from "../../src/risk/import.ts";
import { measure } from "../../src/risk/measure.ts";
import { COLUMNS } from "../../src/risk/sign-in.ts";

const small = { people: 60, signIns: 39, seed: 4 };

describe("the evaluation of risk", () => {
  it("generates the same people from the same seed, with the fifteen published columns, in the order of time", () => {
    const rows = generate(small);
    expect(rows).toEqual(generate(small));
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(Object.keys(COLUMNS).sort());
    expect(Object.keys(COLUMNS)).toHaveLength(15);
    expect(rows.every(({ at }, place) => at >= (rows[place - 1]?.at ?? 0))).toBe(true);
  });

  it("lets each attacker show what they know and no more", () => {
    const rows = generate(small);
    const attackers = attackersFrom(rows);
    const victim = rows.filter(({ user, successful }) => user === "7" && successful);
    const dice = seeded(1);
    expect(rows.filter(({ attackAddress }) => attackAddress).map(({ address }) => address)).toContain(
      attackers.naive(victim, dice).address,
    );
    expect(attackers.VPN(victim, dice).country).toBe(victim.at(-1)?.country);
    expect(victim.map(({ country }) => country)).toContain(attackers.targeted(victim, dice).country);
    const own = attackers["very targeted"](victim, dice);
    expect(victim.some(({ address, agent }) => address === own.address && agent === own.agent)).toBe(true);
  });

  it("asks people less the longer they are known, and more the better their attackers are informed", () => {
    const curves = measure(generate({ ...small, people: 300 }), 1);
    const of = (attacker: string) => curves.find((one) => one.attacker === attacker && one.rate === 0.99);
    expect(of("naive")?.at39).toBeLessThan(of("naive")?.at12 ?? 0);
    expect(of("naive")?.at39).toBeLessThanOrEqual(of("targeted")?.at39 ?? 0);
    expect(of("targeted")?.at39).toBeLessThan(of("very targeted")?.at39 ?? 0);
  });

  it("reads quoted cells, doubled quotes and line breaks within them, however the text is cut", async () => {
    const text = 'a,"b, c","d ""e"""\r\n1,"2\n3",\n';
    for (const size of [1, 3, text.length]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      );
      const rows: string[][] = [];
      for await (const row of csvRows(pieces)) rows.push(row);
      expect(rows).toEqual([
        ["a", "b, c", 'd "e"'],
        ["1", "2\n3", ""],
      ]);
    }
  });
});
