import { StoreError } from "@postern/service";
import type { Dice } from "../crash/seeded.ts";
import { Crash, type Database } from "./database.ts";
import type { Fault } from "./invariants.ts";
import type { Machine } from "./machine.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Line, Wire } from "./store.ts";

/** Whoever hears nothing for so long gives the connection up. */
const GIVE_UP_MS = 400;

/** What is wrong with the ways of one machine right now. */
export interface Trouble {
  /** Lines on which nothing reaches the store. */
  readonly outCut: Set<Line>;
  /** Lines on which no answer comes back. */
  readonly inCut: Set<Line>;
  /** Chance that a message between a client and this machine, or a wake-up, is lost or comes twice. */
  loss: number;
  /** Milliseconds that a message to or from the store may take. */
  slow: number;
  /** The answer of the next write is lost on its way. */
  loseNextAnswer: boolean;
}

export function noTrouble(): Trouble {
  return { outCut: new Set(), inCut: new Set(), loss: 0, slow: 2, loseNextAnswer: false };
}

export interface WireParts {
  readonly scheduler: Scheduler;
  readonly dice: Dice;
  readonly db: Database;
  readonly machine: Machine;
  readonly trouble: Trouble;
  /** Nobody is there at the other end. */
  readonly down: () => boolean;
  /** Counts how often the process at the other end went down: no connection outlives it. */
  readonly life: () => number;
  readonly strike: (fault: Fault) => void;
  /** An answer to a question about the head came back; `sent` is the true time at which it left. */
  readonly onConfirmed: (sent: number) => void;
}

/** The way between a node and the database: every call waits, may be lost, and may lose its answer. */
export function wire(parts: WireParts): Wire {
  const { scheduler, dice, db, machine, trouble, strike } = parts;
  const delay = (): number => 0.2 + dice() * trouble.slow;
  const gone = (writes: boolean): StoreError =>
    new StoreError("unavailable", "the connection was lost", writes ? "unknown" : "no");

  return {
    call(line, { name, writes = false }, run) {
      return new Promise((resolve, reject) => {
        const sent = scheduler.now();
        const life = parts.life();
        let over = false;
        const give = (go: () => void, wait: number): void => {
          machine.deliver(wait, () => {
            if (over) return;
            over = true;
            if (parts.life() === life) go();
            else reject(gone(writes));
          });
        };
        const lost = (): void => give(() => reject(gone(writes)), GIVE_UP_MS);
        const answer = (go: () => void): void => {
          if (trouble.inCut.has(line)) {
            strike("network: answer of the store lost");
            lost();
            return;
          }
          if (writes && trouble.loseNextAnswer) {
            trouble.loseNextAnswer = false;
            strike("store: answer lost after commit");
            lost();
            return;
          }
          give(go, delay());
        };
        if (trouble.outCut.has(line)) {
          strike("network: call to the store lost");
          lost();
          return;
        }
        scheduler.at(delay(), () => {
          if (parts.down() || parts.life() !== life) {
            give(() => reject(gone(false)), delay());
            return;
          }
          Promise.resolve()
            .then(run)
            .then(
              (value) =>
                answer(() => {
                  if (name === "confirm" || name === "snapshot") parts.onConfirmed(sent);
                  if (isLostRace(value)) strike("store: lost race");
                  resolve(value);
                }),
              (cause: unknown) => (cause instanceof Crash ? lost() : answer(() => reject(cause))),
            );
        });
      });
    },
    listen(listener) {
      const told = ({ head }: { readonly head: { readonly size: number } }): void => {
        const times = dice() < trouble.loss ? (dice() < 0.5 ? 0 : 2) : 1;
        if (times === 0) strike("network: wake-up dropped");
        if (times === 2) strike("network: wake-up duplicated");
        for (let time = 0; time < times; time++)
          if (trouble.inCut.size === 0) machine.deliver(delay() + time, () => listener(head.size));
      };
      db.onCommit.add(told);
      return () => db.onCommit.delete(told);
    },
    atDatabase: (wait, run) => scheduler.at(wait, run),
  };
}

function isLostRace(value: unknown): boolean {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "lost-race";
}
