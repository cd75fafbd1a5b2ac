import { describe, expect, it } from "vitest";
import { knownSecrets } from "../../src/seal/known-secrets.ts";
import { hashSecret } from "../../src/seal/secret.ts";

interface Record {
  readonly name: string;
}

function lookUp() {
  const records = new Map<string, Record>();
  const asked: string[] = [];
  const due: (() => void)[] = [];
  const world = {
    after(_delay: number, run: () => void): () => void {
      due.push(run);
      return () => undefined;
    },
  };
  const bySecret = knownSecrets(world, (hash) => {
    asked.push(hash);
    return records.get(hash) ?? null;
  });
  return { records, asked, due, bySecret };
}

describe("secrets that are remembered", () => {
  it("give the record as it is now, not as it was when they were first presented", () => {
    const { records, bySecret } = lookUp();
    records.set(hashSecret("pst_a"), { name: "first" });
    expect(bySecret("pst_a")?.name).toBe("first");
    records.set(hashSecret("pst_a"), { name: "second" });
    expect(bySecret("pst_a")?.name).toBe("second");
  });

  it("find nothing from the moment that there is nothing to find", () => {
    const { records, bySecret } = lookUp();
    records.set(hashSecret("pst_a"), { name: "first" });
    expect([bySecret("pst_a"), bySecret("pst_a")]).not.toContain(null);
    records.clear();
    expect([bySecret("pst_a"), bySecret("pst_a")]).toEqual([null, null]);
  });

  it("find only their own record, whatever they begin or end with", () => {
    const { records, bySecret } = lookUp();
    records.set(hashSecret("pst_abc"), { name: "abc" });
    expect(bySecret("pst_abc")?.name).toBe("abc");
    for (const near of ["pst_ab", "pst_abcd", "pst_abC", " pst_abc", hashSecret("pst_abc"), ""]) {
      expect(bySecret(near)).toBeNull();
    }
  });

  it("are looked up by their hash each time, before and after they are forgotten", () => {
    const { records, asked, due, bySecret } = lookUp();
    const hash = hashSecret("pst_a");
    records.set(hash, { name: "a" });
    bySecret("pst_a");
    bySecret("pst_a");
    expect(due).toHaveLength(1);
    due.shift()?.();
    expect(bySecret("pst_a")?.name).toBe("a");
    expect(due).toHaveLength(1);
    expect(asked).toEqual([hash, hash, hash]);
  });

  it("that find nothing are not remembered", () => {
    const { due, bySecret } = lookUp();
    for (let guess = 0; guess < 100; guess++) bySecret(`pst_${guess}`);
    expect(due).toHaveLength(0);
  });

  it("find their records also where more are presented than are remembered", () => {
    const { records, bySecret } = lookUp();
    const secrets = Array.from({ length: 5_100 }, (_, at) => `pst_${at}`);
    for (const secret of secrets) records.set(hashSecret(secret), { name: secret });
    for (const secret of secrets) expect(bySecret(secret)?.name).toBe(secret);
    expect(bySecret("pst_0")?.name).toBe("pst_0");
  });
});
