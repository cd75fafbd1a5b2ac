import { createSecretKey, randomBytes } from "node:crypto";
import { instant } from "@postern/core";
import { beforeEach, describe, expect, it } from "vitest";
import { artifacts } from "../../src/artifacts/artifacts.ts";
import { type ParkedForms, parkedForms } from "../../src/parked-forms/parked-forms.ts";
import type { ArtifactTable, StoredArtifact } from "../../src/ports/artifacts.ts";
import { randomPool } from "../../src/seal/box.ts";

const pool = randomPool((count) => randomBytes(count));
const key = createSecretKey(randomBytes(32));
const ana = { kind: "session", id: "ses_ana" } as const;
const bob = { kind: "session", id: "ses_bob" } as const;
const browser = { kind: "browser", challenge: "ses_ana" } as const;
const FORM = {
  path: "/payouts?tab=2",
  contentType: "application/x-www-form-urlencoded",
  body: Buffer.from("payee=Sailmakers&\u0000"),
  origin: "https://shop.test",
  referer: null,
};

let rows: Map<string, StoredArtifact>;
let now: number;
let forms: ParkedForms;

function over(with_: typeof key): ParkedForms {
  const table: ArtifactTable = {
    async put(row) {
      rows.set(row.id, { ...row, consumedAt: null });
    },
    get: async (id) => rows.get(id) ?? null,
    byUid: async (kind, uid) =>
      [...rows.values()].filter((row) => row.uid === uid && row.id.startsWith(`${kind}/`)),
    async consume(id, at) {
      const row = rows.get(id);
      if (row === undefined || row.consumedAt !== null) return false;
      rows.set(id, { ...row, consumedAt: at });
      return true;
    },
    destroy: async (id) => rows.delete(id),
    async revokeGrant() {},
  };
  const clock = { now: () => ({ earliest: instant(now), latest: instant(now) }) };
  return parkedForms({
    artifacts: artifacts({ store: { artifacts: table }, clock, working: with_, pool }),
    clock,
    pool,
  });
}

beforeEach(() => {
  rows = new Map();
  now = Date.UTC(2026, 0, 1);
  forms = over(key);
});

const parked = async (): Promise<string> => (await forms.park(ana, FORM)) ?? "";

describe("a parked form", () => {
  it("is there for its holder, byte for byte, and for nobody else, whatever they are called", async () => {
    const id = await parked();
    expect(await forms.find(id, [bob, ana])).toEqual({ form: FORM, holder: ana, parkedAt: now });
    for (const asking of [[], [bob], [browser]]) {
      expect(await forms.find(id, asking)).toBeNull();
      expect(await forms.take(id, asking)).toBeNull();
    }
    expect(await forms.take(id, [ana])).toEqual(FORM);
  });

  it("is taken once, however many ask at the same moment", async () => {
    const id = await parked();
    const taken = await Promise.all([1, 2, 3].map(() => forms.take(id, [ana])));
    expect(taken.filter((one) => one !== null)).toHaveLength(1);
    expect(await forms.find(id, [ana])).toBeNull();
    expect(rows.size).toBe(0);
  });

  it("is worth nothing after ten minutes of control-plane time", async () => {
    const id = await parked();
    now += 600_000 - 1;
    expect(await forms.find(id, [ana])).not.toBeNull();
    now += 1;
    expect(await forms.take(id, [ana])).toBeNull();
  });

  it("stands in the store without a word of it, and opens with no other key and in no other row", async () => {
    const id = await parked();
    const [row] = rows.values();
    if (row === undefined) throw new Error("expected a row");
    const stored = JSON.stringify({ ...row, box: Buffer.from(row.box).toString("latin1") });
    for (const word of ["Sailmakers", "payouts", "ses_ana", id, FORM.body.toString("base64")]) {
      expect(stored).not.toContain(word);
    }
    expect(await over(createSecretKey(randomBytes(32))).find(id, [ana])).toBeNull();
    const other = (await forms.park(bob, { ...FORM, path: "/other" })) ?? "";
    const [, second] = rows.values();
    if (second === undefined) throw new Error("expected a second row");
    rows.set(second.id, { ...row, id: second.id });
    expect(await forms.find(other, [ana, bob])).toBeNull();
  });

  it("is one of eight of a holder at most, also when all come at once; what was taken leaves room", async () => {
    const first = await parked();
    await Promise.all(Array.from({ length: 20 }, () => forms.park(ana, FORM)));
    expect(rows.size).toBeLessThanOrEqual(8);
    while ((await forms.park(ana, FORM)) !== null);
    expect(rows.size).toBe(8);
    expect(await forms.park(bob, FORM)).not.toBeNull();
    expect(await forms.take(first, [ana])).not.toBeNull();
    expect(await forms.park(ana, FORM)).not.toBeNull();
    expect(await forms.park(ana, FORM)).toBeNull();
  });

  it("is gone for good once it was thrown away", async () => {
    const id = await parked();
    expect(await forms.discard(id)).toBe(true);
    expect(await forms.discard(id)).toBe(false);
    expect(await forms.take(id, [ana])).toBeNull();
  });
});
