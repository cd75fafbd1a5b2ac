import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seeded } from "../../src/crash/seeded.ts";
import { attackersFrom } from "../../src/risk/attackers.ts";
import { generate } from "../../src/risk/generate.ts";
import { csvRows, importRows } from "../../src/risk/import.ts";
import { measure } from "../../src/risk/measure.ts";
import { COLUMNS, type SignIn } from "../../src/risk/sign-in.ts";

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
    for (const size of [1, 2, 3, 4, 7, text.length]) {
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

  describe("with a file of one's own", () => {
    const first = generate(small)[0];
    const row = (user: string, day: number, more: Partial<SignIn> = {}): SignIn => {
      if (first === undefined) throw new Error("expected a row");
      const own = { successful: true, attackAddress: false, takenOver: false };
      return { ...first, ...own, user, at: day * 86_400_000, ...more };
    };
    const imported = async (rows: readonly SignIn[]) => {
      const directory = mkdtempSync(join(tmpdir(), "postern-import-"));
      const path = join(directory, "rows.csv");
      const names = Object.keys(COLUMNS) as (keyof SignIn)[];
      const line = (cells: readonly unknown[]): string =>
        cells.map((cell) => `"${String(cell ?? "").replaceAll('"', '""')}"`).join(",");
      const lines = rows.map((one) => line(names.map((name) => one[name])));
      writeFileSync(path, [line(Object.values(COLUMNS)), ...lines, "torn"].join("\r\n"));
      try {
        return await importRows(path, { people: 2, signIns: 3 });
      } finally {
        rmSync(directory, { recursive: true });
      }
    };

    it("keeps the first of those who signed in often enough, and who attacks, in the order of time", async () => {
      const days = [1, 2, 3, 4];
      const { rows, unreadable } = await imported([
        ...days.map((day) => row("ana", 10 + day)),
        ...days.slice(2).map((day) => row("seldom", day)),
        ...days.map((day) => row("bob", 20 - day)),
        ...days.map((day) => row("late", day)),
        row("ana", 5, { attackAddress: true, successful: false }),
        row("ana", 6, { successful: false }),
      ]);
      expect(rows.map(({ user, at }) => `${user} ${at / 86_400_000}`)).toEqual([
        "ana 5",
        "ana 11",
        "ana 12",
        "ana 13",
        "bob 17",
        "bob 18",
        "bob 19",
      ]);
      expect(unreadable).toBe(1);
      expect({ ...rows[1], at: 0 }).toEqual({ ...row("ana", 0) });
    });

    it("takes a sign-in that took an account over for nobody's history", async () => {
      const taken = (user: string, day: number) => row(user, day, { takenOver: true, country: "XX" });
      const own = [1, 2, 3].map((day) => row("ana", day));
      const { rows } = await imported([
        taken("ana", 0),
        ...own,
        taken("bob", 1),
        row("bob", 2),
        row("bob", 3),
      ]);
      expect(rows).toEqual(own);
      const people = [...own, ...[4, 5, 6].map((day) => taken("ana", day))];
      const shown = Array.from({ length: 50 }, (_, at) => attackersFrom(people).VPN(own, seeded(at)).country);
      expect(shown).not.toContain("XX");
    });
  });
});
