import type { KeyObject } from "node:crypto";
import type { DecisionId, EntityRef, Instant } from "@postern/core";
import type { Keyring } from "../keyring/keyring.ts";
import type { DecisionRecord, Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { openBox, type RandomPool, sealBox } from "../seal/box.ts";

/** One decision with the facts it used, before it is sealed. */
export interface LoggedDecision {
  readonly id: DecisionId;
  readonly at: Instant;
  readonly outcome: string;
  readonly subject: EntityRef | null;
  /** Made when the record is written, not when the decision is answered. */
  readonly content: () => unknown;
}

export interface DecisionLog {
  add(decision: LoggedDecision): void;
  open(record: DecisionRecord): unknown;
  /** Records given up because the queue was full: counted, never waited for. */
  dropped(): number;
  flush(): Promise<void>;
}

const LINGER_MS = 25;
const MOST_WAITING = 50_000;
const CHUNK = 500;
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
  let waiting: LoggedDecision[] = [];
  let timer: (() => void) | null = null;
  let running: Promise<void> = Promise.resolve();
  let dropped = 0;

  const keyOf = (id: string): KeyObject | null => (id === DEPLOYMENT_KEY ? working : keys.get(id));
  const seal = (decision: LoggedDecision): DecisionRecord => {
    const wanted = decision.subject ?? DEPLOYMENT_KEY;
    const subjectKey = keyOf(wanted);
    const key = subjectKey === null ? DEPLOYMENT_KEY : wanted;
    // A subject whose key is gone is not recorded under another one.
    const content = subjectKey === null ? {} : decision.content();
    const box = sealBox(
      subjectKey ?? working,
      Buffer.from(JSON.stringify(content), "utf8"),
      `decision:${decision.id}`,
      pool,
    );
    const { id, at, outcome, subject } = decision;
    return { id, at, outcome, subject, key, box };
  };
  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const chunk = waiting.slice(0, CHUNK);
      waiting = waiting.slice(CHUNK);
      try {
        await store.logDecisions(chunk.map(seal));
      } catch {
        dropped += chunk.length;
      }
    }
  }
  const flush = (): Promise<void> => {
    timer?.();
    timer = null;
    running = running.then(write);
    return running;
  };
  return {
    add(decision) {
      if (waiting.length >= MOST_WAITING) {
        dropped += 1;
        return;
      }
      waiting.push(decision);
      timer ??= world.after(LINGER_MS, () => void flush());
    },
    open(record) {
      const key = keyOf(record.key);
      const plain = key === null ? null : openBox(key, record.box, `decision:${record.id}`);
      return plain === null ? null : JSON.parse(Buffer.from(plain).toString("utf8"));
    },
    dropped: () => dropped,
    flush,
  };
}
