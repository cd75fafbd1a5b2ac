import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keptHeadFile, realWorld } from "@postern/server";
import {
  auditLedger,
  type Batch,
  type Caller,
  createService,
  type Store,
  StoreError,
} from "@postern/service";
import { openSqliteStore } from "@postern/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must } from "../../src/index.ts";

const MASTER_KEY = new Uint8Array(32).fill(7);
const ORIGIN = "postern.test/ahead";
/** Each is entered several times: neighbouring batches touch the same people. */
const PEOPLE = 150;
const LEVELS = [1, 2, 3, 4];

type Trouble = "none" | "lost race" | "no answer" | "refused";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "postern-ahead-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const options = () => ({
  world: realWorld(),
  masterKey: MASTER_KEY,
  origin: ORIGIN,
  keptHead: keptHeadFile(join(directory, "head.note")),
  bootstrapSecret: "ahead",
});
const open = () => openSqliteStore({ directory: join(directory, "data"), world: realWorld() });

/** A store that is slow enough for batches to be composed ahead, and that meets one trouble in the second of them. */
function slow(store: Store, trouble: () => Trouble): { readonly store: Store; readonly batches: Batch[] } {
  const batches: Batch[] = [];
  let underWay = 0;
  const append = async (batch: Batch): ReturnType<Store["append"]> => {
    underWay += 1;
    expect(underWay).toBe(1);
    try {
      await sleep(10);
      const now = batches.length === 1 ? trouble() : "none";
      if (now === "lost race") {
        const { head } = await store.confirm();
        if (head !== null) return { kind: "lost-race", head };
      }
      if (now === "refused") throw new StoreError("full", "the disk is full", "no");
      const answer = await store.append(batch);
      batches.push(batch);
      if (now === "no answer") throw new StoreError("unavailable", "the answer was lost", "unknown");
      return answer;
    } finally {
      underWay -= 1;
    }
  };
  return {
    batches,
    store: new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === "append") return append;
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  };
}

async function audited(): Promise<readonly unknown[]> {
  const store = await open();
  try {
    return (await auditLedger({ ...options(), store })).findings;
  } finally {
    await store.close();
  }
}

describe("batches that are composed while another is under way", () => {
  for (const trouble of ["none", "lost race", "no answer", "refused"] as const) {
    it(`are recorded once each, with their rows, where the one before them meets: ${trouble}`, async () => {
      let armed = false;
      const { store, batches } = slow(await open(), () => {
        const now = armed ? trouble : "none";
        armed = false;
        return now;
      });
      const service = await createService({ ...options(), store });
      const first = must(await service.tokens.bootstrap("ahead", { type: "user", id: "root" }));
      const token = service.tokens.bySecret(first.secret);
      if (token === null) throw new Error("expected the first token");
      const admin: Caller = { kind: "token", token };
      const before = service.ledger.size();
      batches.length = 0;
      armed = true;
      const answers = await Promise.all(
        LEVELS.flatMap((level) =>
          Array.from({ length: PEOPLE }, (_, at) =>
            service.entities.put(admin, { type: "user", id: `person-${at}` }, { attributes: { level } }),
          ),
        ),
      );
      const recorded = answers.filter(({ ok }) => ok).length;
      expect(service.ledger.size() - before).toBe(recorded);
      if (trouble === "refused") expect(recorded).toBeLessThan(answers.length);
      else expect(recorded).toBe(answers.length);
      const kept = batches.filter(({ entries }) => entries.length > 0);
      expect(Math.max(...kept.map(({ entries }) => entries.length))).toBeGreaterThan(100);
      for (const [at, answer] of answers.entries()) {
        if (at < PEOPLE * (LEVELS.length - 1) || !answer.ok) continue;
        const found = must(await service.entities.get(admin, { type: "user", id: `person-${at % PEOPLE}` }));
        expect(found.attributes).toEqual({ level: LEVELS.length });
      }
      // Whoever was entered by a batch under way is known to the next: nobody is entered under two references.
      const refs = batches.flatMap(({ rows }) => rows.filter(({ projection }) => projection === "entities"));
      expect(new Set(refs.map(({ id }) => id)).size).toBeLessThanOrEqual(PEOPLE);
      await service.close();
      expect(await audited()).toEqual([]);
      const again = await createService({ ...options(), store: await open() });
      expect(again.node.doubt()).toBeNull();
      await again.close();
    });
  }
});
