import {
  cosignaturesOf,
  formatAddCheckpoint,
  type Hash,
  LedgerError,
  type Verifier,
  verifier,
  withCosignatures,
} from "@postern/ledger";
import type { Witness, WitnessStatus } from "../ports/witness.ts";
import type { World } from "../ports/world.ts";
import { verifyEd25519 } from "./signing.ts";

/** A witness that does not answer is asked again after this, then after twice as long, up to the longest. */
const AGAIN_MS = 2_000;
const LONGEST_AGAIN_MS = 60_000;
/** A head that stays is cosigned anew, so that its cosignature goes on saying that nothing larger was seen. */
const REFRESH_MS = 300_000;
/** How far ahead of this machine a witness's clock may be. */
const AHEAD_SECONDS = 300;

export interface SignedHead {
  readonly size: number;
  readonly note: string;
}

/** Asks the witnesses; nothing ever waits for one that does not answer. */
export interface Witnessing {
  readonly verifiers: readonly Verifier[];
  /** Asks every witness about a head, one head at a time each: the newest takes the place of one that waits. */
  ask(head: SignedHead): void;
  /** Once every witness that used to answer has answered about the newest head, or after this many milliseconds. */
  answered(within: number): Promise<void>;
  /** Cosignatures under a note that count now. */
  valid(note: string): ReturnType<typeof cosignaturesOf>;
  status(): readonly WitnessStatus[];
  stop(): void;
}

interface Asked {
  readonly witness: Witness;
  readonly key: Verifier;
  state: WitnessStatus["state"];
  /** The size that it last told of. */
  size: number;
  cosignedAt: number | null;
  waiting: SignedHead | null;
  busy: boolean;
  pause: number;
  timer: (() => void) | null;
}

export function witnessing(parts: {
  readonly world: World;
  readonly witnesses: readonly Witness[];
  readonly prove: (from: number, to: number) => Promise<readonly Hash[]>;
  /** Puts cosignatures under the kept note of a size; false where that head is no longer kept. */
  readonly keep: (head: SignedHead, lines: string, key: Verifier, latest: bigint) => Promise<void>;
  /** The witness holds something that does not fit the head it was asked about. True: it fits the database. */
  readonly onConflict: (witness: Witness) => Promise<boolean>;
  readonly notice: (detail: string) => void;
}): Witnessing {
  const { world } = parts;
  let stopped = false;
  const all = parts.witnesses.map(
    (witness): Asked => ({
      witness,
      key: verifier(witness.vkey, verifyEd25519),
      state: "asked",
      size: 0,
      cosignedAt: null,
      waiting: null,
      busy: false,
      pause: AGAIN_MS,
      timer: null,
    }),
  );
  const waitingFor = new Set<() => void>();
  const latest = (): bigint => BigInt(Math.floor(world.wall() / 1000) + AHEAD_SECONDS);
  const quiet = (): boolean => all.every(({ busy, state }) => !busy || state === "away");

  function told(asked: Asked, state: WitnessStatus["state"], detail: string): void {
    if (asked.state !== state && state !== "cosigns") parts.notice(`witness ${asked.key.name}: ${detail}`);
    asked.state = state;
  }

  function later(asked: Asked, head: SignedHead, delay: number): void {
    asked.timer?.();
    asked.timer = world.after(delay, () => {
      asked.timer = null;
      if (asked.waiting === null && !asked.busy) begin(asked, head);
    });
  }

  function begin(asked: Asked, head: SignedHead): void {
    if (stopped) return;
    asked.timer?.();
    asked.timer = null;
    asked.waiting = head;
    if (!asked.busy) void run(asked);
  }

  async function run(asked: Asked): Promise<void> {
    asked.busy = true;
    for (let head = asked.waiting; head !== null && !stopped; head = asked.waiting) {
      asked.waiting = null;
      let again = REFRESH_MS;
      try {
        if (!(await cosigned(asked, head))) again = asked.pause;
      } catch (cause) {
        told(
          asked,
          "away",
          `no answer that can be used: ${cause instanceof Error ? cause.message : "unknown"}`,
        );
        again = asked.pause;
      }
      asked.pause = again === REFRESH_MS ? AGAIN_MS : Math.min(asked.pause * 2, LONGEST_AGAIN_MS);
      if (asked.waiting === null && !stopped) later(asked, head, again);
    }
    asked.busy = false;
    if (quiet()) for (const done of [...waitingFor]) done();
  }

  /** One head, at one witness; a second time from the size that it tells of. */
  async function cosigned(asked: Asked, { size, note }: SignedHead): Promise<boolean> {
    const { witness, key } = asked;
    for (let tries = 0; tries < 2; tries++) {
      const from = asked.size <= size ? asked.size : 0;
      const proof = from === 0 || from === size ? [] : await parts.prove(from, size);
      const answer = await witness.addCheckpoint(
        formatAddCheckpoint({ oldSize: from, proof, checkpoint: note }),
      );
      if (answer.kind === "cosigned") {
        await take(asked, { size, note }, answer.lines);
        return true;
      }
      if (answer.kind === "conflict" && answer.size !== null && answer.size !== BigInt(from)) {
        asked.size = Number(answer.size);
        if (answer.size <= BigInt(size)) continue;
        // The head of another node on this database was quicker: it was signed later, and cosigned first.
        if (await parts.onConflict(witness)) {
          told(asked, "cosigns", "");
          return true;
        }
        told(asked, "refuses", `it has cosigned ${answer.size} entries, and the head has ${size}`);
        return false;
      }
      const why = answer.kind === "refused" ? `status ${answer.status}` : "another tree at this size";
      told(asked, "refuses", `it does not cosign the head of ${size} entries (${why})`);
      if (answer.kind === "conflict" || answer.status === 422) await parts.onConflict(witness);
      return false;
    }
    told(asked, "refuses", `it does not settle on a size for the head of ${size} entries`);
    return false;

    async function take(to: Asked, head: SignedHead, lines: string): Promise<void> {
      const [held] = cosignaturesOf(withCosignatures(head.note, lines, [key], latest()), [key], latest());
      if (held === undefined)
        throw new LedgerError("unknown_key", "the answer holds no cosignature of this witness");
      await parts.keep(head, lines, key, latest());
      to.size = Math.max(to.size, head.size);
      to.cosignedAt = Number(held.time);
      told(to, "cosigns", "");
    }
  }

  return {
    verifiers: all.map(({ key }) => key),
    ask(head) {
      for (const asked of all) begin(asked, head);
    },
    answered(within) {
      if (quiet()) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          waitingFor.delete(done);
          cancel();
          resolve();
        };
        const cancel = world.after(within, () => {
          // Whoever was waited for in vain is not waited for again until it has answered.
          for (const asked of all) if (asked.busy) told(asked, "away", "no answer in time");
          done();
        });
        waitingFor.add(done);
      });
    },
    valid: (note) =>
      cosignaturesOf(
        note,
        all.map(({ key }) => key),
        latest(),
      ),
    status: () =>
      all.map(({ key, state, size, cosignedAt }) => ({ name: key.name, state, size, cosignedAt })),
    stop() {
      stopped = true;
      for (const asked of all) asked.timer?.();
      for (const done of [...waitingFor]) done();
    },
  };
}
