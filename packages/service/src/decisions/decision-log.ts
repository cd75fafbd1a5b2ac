import type { KeyObject } from "node:crypto";
import type { DecisionId } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { DecisionRecord, DecisionSheet, SealedSheet, Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";
import type { Made, Recorded } from "./recorded.ts";
import { readSheet, type Sheet, sheetOf } from "./sheet.ts";

export interface DecisionLog {
  add(decision: Made): void;
  /** Reads records, each sheet once. Null: the key is gone, or the record is not what was sealed. */
  reader(): (record: DecisionRecord) => Recorded | null;
  /** Opens one sheet. Null: the key is gone, or it is not what was sealed. */
  open(sealed: SealedSheet): Sheet | null;
  /** Seals one decision to be taken out and given back. Null: the key of its person is gone. */
  sealOne(decision: Recorded & { readonly id: DecisionId }): SealedDecision | null;
  /** Opens what `sealOne` sealed. */
  openOne(sealed: SealedDecision): Recorded | "no_key" | "not_sealed_here";
  /** Records given up because the queue was full: counted, never waited for. */
  dropped(): number;
  flush(): Promise<void>;
}

/** One decision under the key of its person, so that a copy of it ends with that key. */
export interface SealedDecision {
  readonly id: DecisionId;
  readonly key: string;
  readonly box: Uint8Array;
}

/** Long enough that what one person does in a row shares a sheet; what a crash may lose of the log. */
const LINGER_MS = 250;
const MOST_WAITING = 50_000;
const MOST_ON_SHEET = 256;
/** Decisions sealed before the thread is given back to those who ask. */
const CHUNK = 256;
/** Seals decisions about nobody whom we know. */
export const DEPLOYMENT_KEY = "deployment";

/** Asynchronous and lossy by design: losing a record only ever costs an explanation. */
export function decisionLog(parts: {
  readonly world: World;
  readonly store: Store;
  readonly keys: Keyring;
  readonly working: KeyObject;
  readonly pool: RandomPool;
}): DecisionLog {
  const { world, store, keys, working, pool } = parts;
  let waiting = new Map<string, Made[]>();
  let count = 0;
  let timer: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let dropped = 0;

  const keyOf = (id: string): KeyObject | null => (id === DEPLOYMENT_KEY ? working : keys.get(id));
  const seal = (decisions: readonly Made[]): DecisionSheet | null => {
    const first = decisions[0];
    if (first === undefined) return null;
    const subject = first.subject?.facts.ref ?? null;
    const key = subject ?? DEPLOYMENT_KEY;
    const secret = keyOf(key);
    // A subject whose key is gone is recorded under no other one.
    if (secret === null) return null;
    const plain = Buffer.from(JSON.stringify(sheetOf(decisions)), "utf8");
    return {
      subject,
      key,
      box: sealBox(secret, plain, boxContext(first.id), pool),
      decisions: decisions.map(({ id, outcome }) => ({ id, outcome })),
    };
  };
  async function keep(sheets: readonly DecisionSheet[], decisions: number): Promise<void> {
    if (sheets.length === 0) return;
    try {
      await store.logDecisions(sheets);
    } catch {
      dropped += decisions;
    }
  }
  /** One pass over what waits now: what comes in meanwhile lingers for its own. */
  async function write(): Promise<void> {
    const taken = waiting;
    waiting = new Map();
    count = 0;
    let sheets: DecisionSheet[] = [];
    let sealed = 0;
    const hand = async (): Promise<void> => {
      const [full, decisions] = [sheets, sealed];
      sheets = [];
      sealed = 0;
      await keep(full, decisions);
    };
    for (const decisions of taken.values()) {
      for (let from = 0; from < decisions.length; from += MOST_ON_SHEET) {
        const some = decisions.slice(from, from + MOST_ON_SHEET);
        const sheet = seal(some);
        if (sheet !== null) sheets.push(sheet);
        sealed += some.length;
        if (sealed >= CHUNK) await hand();
      }
    }
    await hand();
  }
  const flush = (): Promise<void> => {
    timer?.();
    timer = null;
    running = running.then(write);
    return running;
  };
  const open = (id: DecisionId, key: string, box: Uint8Array): Sheet | null => {
    const secret = keyOf(key);
    const plain = secret === null ? null : openBox(secret, box, boxContext(id));
    return plain === null ? null : (JSON.parse(Buffer.from(plain).toString("utf8")) as Sheet);
  };
  return {
    add(decision) {
      if (count >= MOST_WAITING) {
        dropped += 1;
        return;
      }
      count += 1;
      const subject = decision.subject?.facts.ref ?? DEPLOYMENT_KEY;
      const same = waiting.get(subject);
      if (same === undefined) waiting.set(subject, [decision]);
      else same.push(decision);
      timer ??= world.after(LINGER_MS, () => void flush());
    },
    reader() {
      const sheets = new Map<DecisionId, Sheet | null>();
      return (record) => {
        let sheet = sheets.get(record.sheet);
        if (sheet === undefined) {
          sheet = open(record.sheet, record.key, record.box);
          sheets.set(record.sheet, sheet);
        }
        return sheet === null ? null : readSheet(sheet, record.id);
      };
    },
    open: ({ id, key, box }) => open(id, key, box),
    sealOne(decision) {
      const key = decision.subject?.ref ?? DEPLOYMENT_KEY;
      const secret = keyOf(key);
      if (secret === null) return null;
      const plain = Buffer.from(JSON.stringify(decision), "utf8");
      return { id: decision.id, key, box: sealBox(secret, plain, outsideContext(decision.id), pool) };
    },
    openOne({ id, key, box }) {
      const secret = keyOf(key);
      if (secret === null) return "no_key";
      const plain = openBox(secret, box, outsideContext(id));
      return plain === null
        ? "not_sealed_here"
        : (JSON.parse(Buffer.from(plain).toString("utf8")) as Recorded);
    },
    dropped: () => dropped,
    flush,
  };
}

/** A box that was moved to another sheet does not open. */
function boxContext(sheet: DecisionId): string {
  return `decisions:${sheet}`;
}

function outsideContext(id: DecisionId): string {
  return `exported-decision:${id}`;
}
