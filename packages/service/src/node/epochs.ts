import {
  type Actor,
  type Entity,
  type Instant,
  type LockId,
  type Policy,
  type Result,
  refuse,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Checkpoints } from "../ledger/checkpoints.ts";
import type { Revisions } from "../policy/revisions.ts";
import type { KeptEnd } from "../ports/kept-ends.ts";
import type { Store } from "../ports/store.ts";
import { type Problem, problem } from "../problem.ts";
import type { MutableState, State } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Tip } from "../record/tip.ts";
import { wentBack } from "../record/went-back.ts";
import type { Writer } from "../record/writer.ts";
import { lastKept } from "../restore/ends.ts";
import { fencedText } from "../restore/fence.ts";
import { keptEndings } from "../restore/kept-endings.ts";
import type { Hands } from "../unreviewed/held.ts";
import type { AcceptedLoss, Loss } from "../views.ts";
import type { Doubts } from "./doubt.ts";
import { acceptance, type Endings, endedAgain, endingsOf } from "./epoch.ts";
import type { Rereading } from "./reread.ts";

const SYSTEM: Actor = { person: null, via: "system" };
const ELSEWHERE = "another node accepted the loss meanwhile, and this one follows it";

/** A database that was put back from a backup. */
export interface RestoredLog {
  /** Null: none were kept, and everything that could have ended is suspended or revoked. */
  readonly ends: readonly KeptEnd[] | null;
  /** In which it goes on, after every one that is known; otherwise in the next. */
  readonly epoch?: number | null;
}

/** What this node knew when an administrator began to accept a loss. */
interface Accepting {
  readonly known: number;
  /** In which the log was. The lost end may have begun it, so it is not begun again. */
  readonly epoch: number;
  readonly endings: Endings;
  /** It had seen all of the lost end. Where it had not, what was kept outside the database counts. */
  readonly whole: boolean;
  /** What decisions read of each entity, and the policy in force. */
  readonly facts: ReadonlyMap<string, string>;
  readonly revision: string | null;
}

/** How a log goes on that lost its end, was put back, or was begun anew elsewhere. */
export interface Epochs {
  /** An administrator goes on from what the database has, and that is not recorded yet. */
  accepting(): boolean;
  /** This node was started on a database that was behind what was signed. */
  begunBehind(): void;
  /** The backup that this node was started on goes on. */
  wentOn(): boolean;
  /** Before anything is answered from a restored database. */
  continueRestored(restored: RestoredLog): Promise<void>;
  /** Follows into the epoch that an administrator accepted on another node, and says there what this one saw end. */
  rejoin(): Promise<void>;
  /** Nothing follows here: the log goes on elsewhere. */
  fence(by: Actor, epoch: number | null): Promise<Result<null, Problem>>;
  /** Null: nothing of what this node, or the head kept beside it, has seen is missing from the database. */
  loss(): Promise<Loss | null>;
  /** Goes on from what the database has, in a new epoch. What this node knows of the lost end stays ended. */
  acceptLoss(hands: Hands, known: number): Promise<Result<AcceptedLoss, Problem>>;
}

export function epochsOf(parts: {
  readonly store: Pick<Store, "confirm">;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly state: MutableState;
  readonly tip: Tip;
  readonly keys: Keyring;
  readonly signer: Checkpoints;
  readonly standing: Doubts;
  readonly revisions: Revisions;
  readonly rereading: Rereading;
  readonly alarm: (reason: "database_stale", detail: string) => void;
  readonly goOn: () => void;
  readonly confirm: () => Promise<boolean>;
  /** What ended, as it is kept outside the database; null: nothing is. */
  readonly keptEnds: () => Promise<readonly KeptEnd[] | null>;
  readonly lockId: () => LockId;
}): Epochs {
  const { store, writer, clock, state, tip, keys, signer, standing, revisions, rereading, alarm } = parts;
  let wentOn = false;
  /**
   * What this node knew when an administrator began to go on from what the database has. Until that is recorded
   * nothing else is: what ended in the lost end would be honoured again.
   */
  let accepting: Accepting | null = null;
  /** This node started on a database that was already behind: the lost end was never in its memory. */
  let begunBehind = false;
  const accept = (loss: Accepting | null): void => {
    accepting = loss;
    // A session whose end was lost would come back to life, until the acceptance ends them all.
    state.holdSessions(loss !== null);
  };
  /** What comes in twice meanwhile is done once, and told the same. */
  let acceptingNow: Promise<Result<AcceptedLoss, Problem>> | null = null;
  let rejoiningNow: Promise<void> | null = null;
  let before: Promise<unknown> = Promise.resolve();
  /**
   * One at a time. DANGER: whoever reads the log anew beside an acceptance that is being recorded goes on before all
   * of it is read. `moved`: another epoch began while this waited, and what it was to do is done.
   */
  function alone<Value>(run: (moved: () => boolean) => Promise<Value>): Promise<Value> {
    const { epoch } = tip;
    const turn = before.then(() => run(() => tip.epoch > epoch));
    before = turn.catch(() => undefined);
    return turn;
  }

  async function remembered(known: number): Promise<Accepting> {
    // Asked before the memory is read: both are of one moment.
    const kept = await signer.kept();
    const facts = new Map([...state.entities()].map((entity) => [entity.ref, factsOf(entity)]));
    return {
      known,
      epoch: Math.max(tip.epoch, kept.epoch),
      endings: endingsOf(state),
      whole: !begunBehind && tip.size >= known,
      facts,
      revision: state.activeRevision()?.id ?? null,
    };
  }

  const inDoubt = (policy: Policy): Parameters<typeof keptEndings>[2] => ({
    erased: (ref) => !keys.has(ref),
    limited: ({ usesMax, offer }) => usesMax !== null || (policy.offers.get(offer)?.uses ?? null) !== null,
  });

  /** The entries of an acceptance must not be stamped by a clock in doubt, nor by the end that is lost. */
  async function timeTaken({ by, mark }: Hands): Promise<readonly DraftEvent[]> {
    const doubted = clock.doubt()?.kind === "distrusted";
    const asked = clock.asks();
    const { now: wall } = await store.confirm();
    clock.restart(tip.at, wall, asked);
    if (!doubted) return [];
    // Reviewed with the loss, of which it is a part.
    const unreviewed = mark.unreviewed === true ? ({ unreviewed: true } as const) : {};
    const behind = Math.max(tip.at - wall, 0);
    return [{ by, event: { type: "time.accepted", wall, behind, ...unreviewed } }];
  }

  async function acceptedLoss(
    hands: Hands,
    known: number,
    moved: () => boolean,
  ): Promise<Result<AcceptedLoss, Problem>> {
    if (moved()) return refuse(problem("node.nothing_lost", ELSEWHERE));
    // What is told at a second attempt is no longer in this node's memory.
    const loss = accepting ?? (await remembered(known));
    accept(loss);
    const kept = loss.whole ? [] : await parts.keptEnds();
    await rereading.begin();
    if (moved()) {
      accept(null);
      parts.goOn();
      await sayAgain(loss.endings);
      return refuse(problem("node.nothing_lost", ELSEWHERE));
    }
    // Should the acceptance fail, the loss is still there to be accepted.
    alarm("database_stale", wentBack(tip.size, loss.known));
    const time = await timeTaken(hands);
    const lost = Math.max(loss.known - tip.size, 0);
    const epoch = Math.max(loss.epoch, tip.epoch) + 1;
    const { policy } = revisions.active();
    const written = await writer.submit<AcceptedLoss>({
      by: hands.by,
      touches: ["epoch"],
      newEpoch: epoch,
      evenInDoubt: true,
      run(now, at) {
        const endings = loss.whole
          ? loss.endings
          : both(loss.endings, spared(kept, keptEndings(kept, now, inDoubt(policy)), hands));
        const { events: accepted, lostKeys } = acceptance(now, hands, epoch, lost, endings);
        const shut = isAsRemembered(now, loss) ? [] : [lockOf(hands, parts.lockId(), at)];
        const events = [...accepted, ...time, ...shut];
        const did = countsOf(events);
        return {
          ok: true,
          value: { events, lostKeys, done: (entry) => ({ epoch, lost, entry, ...did }) },
        };
      },
    });
    if (!written.ok) return written;
    accept(null);
    begunBehind = false;
    // That the signed head is ahead of the database is what was accepted.
    standing.lower(({ reason }) => reason === "database_stale");
    parts.goOn();
    return written;
  }

  async function rejoined(): Promise<void> {
    const endings = accepting?.endings ?? endingsOf(state);
    // Another node's acceptance stands: there is nothing left for this one to accept.
    accept(null);
    await rereading.begin();
    await sayAgain(endings);
  }

  async function sayAgain(endings: Endings): Promise<void> {
    if (endedAgain(state, SYSTEM, endings).events.length === 0) return;
    const written = await writer.submit({
      by: null,
      touches: ["epoch"],
      run: (now) => ({ ok: true, value: { ...endedAgain(now, SYSTEM, endings), done: () => null } }),
    });
    if (!written.ok) alarm("database_stale", `what ended in the lost end: ${written.refusal.detail}`);
  }

  return {
    accepting: () => accepting !== null,
    wentOn: () => wentOn,
    begunBehind() {
      begunBehind = true;
    },
    async continueRestored({ ends, epoch: given }) {
      const known = Math.max(tip.epoch, lastKept(ends ?? []).epoch);
      const epoch = given ?? known + 1;
      if (epoch <= known)
        throw new Error(`expected an epoch after ${known}, in which the log was, got \`${epoch}\``);
      wentOn = true;
      standing.lower(({ reason }) => reason === "database_stale");
      const lost = (ends ?? []).reduce((most, { entry }) => Math.max(most, entry - tip.size + 1), 0);
      const { policy } = await revisions.load();
      const hands: Hands = { by: SYSTEM, mark: {}, before: [] };
      const written = await writer.submit({
        by: null,
        touches: ["epoch"],
        newEpoch: epoch,
        run(now) {
          const endings = keptEndings(ends, now, inDoubt(policy));
          return {
            ok: true,
            value: { ...acceptance(now, hands, epoch, lost, endings), done: () => null },
          };
        },
      });
      if (!written.ok) throw new Error(`the restored log could not go on: ${written.refusal.detail}`);
    },
    rejoin() {
      rejoiningNow ??= alone(async (moved) => {
        if (!moved()) await rejoined();
      }).finally(() => {
        rejoiningNow = null;
      });
      return rejoiningNow;
    },
    async fence(by, given) {
      const before = state.fence();
      // Whoever was not told that it was done does it again.
      if (before !== undefined && (given === null || given === before.epoch))
        return { ok: true, value: null };
      if (before !== undefined) return refuse(problem("node.epoch", fencedText(before.epoch)));
      const epoch = given ?? tip.epoch + 1;
      if (epoch <= tip.epoch)
        return refuse(
          problem(
            "node.epoch",
            `expected an epoch after ${tip.epoch}, in which this log is, got \`${epoch}\``,
          ),
        );
      return writer.submit<null>({
        by,
        touches: ["epoch"],
        isLast: true,
        run: () => ({
          ok: true,
          value: { events: [{ by, event: { type: "epoch.fenced", epoch } }], done: () => null },
        }),
      });
    },
    async loss() {
      // Of a log that goes on elsewhere nothing is accepted any more.
      if (writer.fault()?.kind === "fenced") return null;
      if (!standing.raised().some(({ reason }) => reason === "database_stale")) return null;
      const { head } = await store.confirm();
      const known = accepting?.known ?? Math.max(tip.size, (await signer.kept()).size);
      const has = head?.size ?? 0;
      return { known, has, lost: Math.max(known - has, 0) };
    },
    async acceptLoss(hands, known) {
      const fault = writer.fault();
      if (fault?.kind === "fenced") return refuse(problem("node.doubt", fault.detail));
      acceptingNow ??= alone((moved) => acceptedLoss(hands, known, moved)).finally(() => {
        acceptingNow = null;
      });
      const written = await acceptingNow;
      if (!written.ok) return written;
      // The head that was kept until now may be signed under a key that is lost with the end of the log.
      await signer.sign().catch(() => undefined);
      // Not in its turn: it may find that yet another epoch is to be read.
      await parts.confirm();
      return written;
    },
  };
}

function countsOf(events: readonly DraftEvent[]): Omit<AcceptedLoss, "epoch" | "lost" | "entry"> {
  const count = (...types: readonly string[]): number =>
    events.filter(({ event }) => types.includes(event.type)).length;
  return {
    sessionsEnded: count("session.revoked"),
    optOutsEnded: count("opt-out.revoked", "opt-out.withdrawn"),
    optOutsSuspended: count("opt-out.suspended"),
    locksPlaced: count("lock.placed"),
    tokensRevoked: count("token.revoked"),
    entitiesDeleted: count("entity.deleted"),
  };
}

/** Sealed anew each time that it is put: another box is another entity. */
function factsOf({ states, shared, box, deletedAt }: Entity): string {
  return JSON.stringify([states, shared, box, deletedAt]);
}

/** Whether the log that is left says of policy and entities what this node knew. What it lacks altogether narrows. */
function isAsRemembered(now: State, { whole, facts, revision, endings }: Accepting): boolean {
  if (!whole || (now.activeRevision()?.id ?? null) !== revision) return false;
  return [...now.entities()].every(
    (entity) =>
      entity.deletedAt !== null ||
      endings.entities.has(entity.ref) ||
      facts.get(entity.ref) === factsOf(entity),
  );
}

/**
 * An older policy may offer more, and older facts fit more: nothing is honoured until an administrator has put them
 * right and lifts it.
 */
function lockOf({ by }: Hands, id: LockId, at: Instant): DraftEvent {
  if (by.person === null) throw new TypeError("a loss is accepted by a person");
  return {
    by,
    event: {
      type: "lock.placed",
      lock: {
        id,
        target: { kind: "everything" },
        until: null,
        placedBy: by.person,
        placedAt: at,
        liftedAt: null,
      },
    },
  };
}

function both(one: Endings, other: Endings): Endings {
  const factors = new Map(one.factors);
  for (const [id, { removed, spent }] of other.factors) {
    const known = factors.get(id);
    factors.set(id, {
      removed: removed || known?.removed === true,
      spent: Math.max(spent, known?.spent ?? 0),
    });
  }
  return {
    revoked: new Set([...one.revoked, ...other.revoked]),
    suspended: new Set([...one.suspended, ...other.suspended]),
    tokens: new Set([...one.tokens, ...other.tokens]),
    roles: new Set([...one.roles, ...other.roles]),
    entities: new Set([...one.entities, ...other.entities]),
    factors,
    devices: new Set([...one.devices, ...other.devices]),
    locks: [...one.locks, ...other.locks.filter(({ id }) => one.locks.every((lock) => lock.id !== id))],
    held: one.held,
  };
}

/** Where nothing was kept no token and no role counts any more, but for those whose word this is. */
function spared(kept: readonly KeptEnd[] | null, endings: Endings, { by, before }: Hands): Endings {
  if (kept !== null) return endings;
  const words = new Set<string>(
    [by, ...before.map((event) => event.by)].flatMap(({ via, roles = [] }) => [via, ...roles]),
  );
  const silent = (ids: ReadonlySet<string>): ReadonlySet<string> =>
    new Set([...ids].filter((id) => !words.has(id)));
  return { ...endings, tokens: silent(endings.tokens), roles: silent(endings.roles) };
}
