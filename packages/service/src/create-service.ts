import {
  type Actor,
  instant,
  makeId,
  milliseconds,
  type Policy,
  type Result,
  type RevisionId,
  timeOrdered,
} from "@postern/core";
import { controlClock, LEASE_MS } from "./clock/control-clock.ts";
import { budgets } from "./decisions/budget.ts";
import { decisionLog } from "./decisions/decision-log.ts";
import { decisionService } from "./decisions/decisions.ts";
import { directory } from "./entities/directory.ts";
import { entityService } from "./entities/entities.ts";
import { idempotencyService } from "./idempotency.ts";
import { keyring } from "./keyring/keyring.ts";
import { checkpoints } from "./ledger/checkpoints.ts";
import { ledgerService } from "./ledger/ledger.ts";
import { recheck } from "./ledger/recheck.ts";
import { lockService } from "./locks/locks.ts";
import { doubts } from "./node/doubt.ts";
import { acceptance, type Endings, endingsOf } from "./node/epoch.ts";
import { membership } from "./node/membership.ts";
import { draftKey, nodeService } from "./node/node.ts";
import { checkAtStart, LedgerLostError, refuseOverLost, told } from "./node/start-check.ts";
import { optOutService } from "./opt-outs/opt-outs.ts";
import { type ActivePolicy, compileDocument, isOfRevision, noPolicy } from "./policy/active-policy.ts";
import { policyService } from "./policy/policy.ts";
import type { KeptHead } from "./ports/kept-head.ts";
import { type Snapshot, type Store, StoreError } from "./ports/store.ts";
import type { World } from "./ports/world.ts";
import type { Problem } from "./problem.ts";
import type { RecordChange } from "./projection/project.ts";
import { emptyState } from "./projection/state.ts";
import { tip as makeTip } from "./record/tip.ts";
import { words } from "./record/words.ts";
import { writer as makeWriter } from "./record/writer.ts";
import { randomPool } from "./seal/box.ts";
import { deploymentKeys } from "./seal/master.ts";
import type { Service } from "./service.ts";
import { sessionService } from "./sessions/sessions.ts";
import { tokenService } from "./tokens/tokens.ts";

export interface ServiceOptions {
  readonly world: World;
  readonly store: Store;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** Names the log in its checkpoints: by custom a URL without scheme. */
  readonly origin: string;
  readonly keptHead: KeptHead;
  /** Lets the first administrator in, once. */
  readonly bootstrapSecret?: string;
  /** Entity types that are subjects. */
  readonly subjectTypes?: readonly string[];
  /** Told what an operator should know; never anything personal. */
  readonly alarm?: (detail: string) => void;
}

/** The master key does not open this database: nothing can be read, and nothing was changed. */
export class MasterKeyError extends Error {
  override readonly name: string = "MasterKeyError";
}

/** Confirmed several times within the lease, so that one lost answer costs nothing. */
const CONFIRM_EVERY_MS: number = LEASE_MS / 5;
/** How long the answer to a revocation waits for the other nodes. */
const ANSWER_WITHIN_MS = 1_000;
const READS_ANEW = "this node reads the log anew";
const READ_AGAIN_MS = 200;
const HOUSEKEEPING_MS = 60_000;
const KEEP_DECISIONS = milliseconds(30 * 24 * 3_600_000);

type Accepting = Promise<Result<{ readonly epoch: number; readonly lost: number }, Problem>>;

/** Opens the ledger, checks what hangs on it, and wires the use-cases. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { world, store, origin, keptHead } = options;
  const pool = randomPool((count) => world.random(count));
  const secrets = deploymentKeys(options.masterKey);
  const keys = keyring(secrets.wrap, pool);
  const clock = controlClock(world);
  const state = emptyState();

  let asked = world.monotonic();
  const tip = makeTip(null, secrets);
  /** What is over as soon as the database that this node knows is back. */
  const passing = new Set<string>();
  let restarting: Promise<void> | null = null;
  /** What this node knew before its database lost the end of the log: owed until an acceptance has recorded it. */
  let accepting: Accepting | null = null;
  let owed: { readonly size: number; readonly endings: Endings } | null = null;
  const writer = makeWriter({
    world,
    store,
    clock,
    state,
    tip,
    keys,
    pool,
    rowKey: secrets.row,
    prepare,
    onUnfollowable({ why, detail }) {
      if (why === "epoch") void followEpoch().catch((cause: unknown) => alarm("database_stale", told(cause)));
      else if (why === "tampered") alarm("row_tampered", detail);
      else {
        passing.add(detail);
        alarm("database_stale", detail);
      }
    },
  });
  const standing = doubts(clock, writer.fault);
  const alarm = (reason: Parameters<typeof standing.raise>[0], detail: string): void => {
    standing.raise(reason, detail);
    options.alarm?.(detail);
  };

  const signer = checkpoints({
    world,
    store,
    state,
    tip,
    keys,
    origin,
    keptHead,
    inDoubt: () => standing.raised().length > 0,
    async joins() {
      const { nodes, now } = await store.presences();
      return nodes.some(({ seen }) => now - seen <= LEASE_MS);
    },
    onFailure: (detail) => options.alarm?.(`the head could not be signed: ${detail}`),
  });
  const names = directory({ state, keys, blindKey: secrets.blind, pool });
  let active: ActivePolicy = noPolicy();
  let closed = false;
  const empty = await store.snapshot(load);
  if (empty) await open();
  active = await activeRevision();
  writer.onCommit(({ changes }) => {
    signer.moved();
    for (const change of changes) if (change.projection === "entities") names.forget(change.record.ref);
  });
  const parts = {
    world,
    store,
    state,
    writer,
    clock,
    keys,
    pool,
    directory: names,
    doubts: standing,
    words: words(store, keys),
    subjectTypes: new Set(options.subjectTypes ?? ["user"]),
    active: () => active,
    policy: () => active.policy,
  };
  const log = decisionLog({ world, store, keys, working: secrets.working, pool });
  const again = recheck({
    world,
    store,
    keys,
    range: () => tip.range,
    onFault: (detail) => alarm("row_tampered", detail),
  });
  const node = await nodeService({
    ...parts,
    tip,
    origin,
    dropped: log.dropped,
    passes: again.passes,
    members: () => member.members(),
    fresh: () => member.fresh(),
    inEffect: (entry) => member.inEffect(entry, 0),
    acceptLoss,
  });
  await node.refreshAssertionKey();
  // A database that is in doubt is not signed over: the kept head stays the evidence.
  if (standing.raised().length === 0) await signer.sign();

  let explained: ActivePolicy | null = null;
  const member = membership({
    world,
    store,
    clock,
    tip,
    writer,
    onStale(detail) {
      writer.halt(detail);
      passing.add(detail);
      alarm("database_stale", detail);
    },
    onFresh() {
      standing.lower(({ detail }) => passing.has(detail));
      passing.clear();
      writer.restarted();
    },
    onEpoch: followEpoch,
  });
  const every = (delay: number, run: () => Promise<void>): void => {
    world.after(delay, () => {
      if (closed) return;
      run()
        .catch((cause: unknown) =>
          options.alarm?.(cause instanceof Error ? cause.message : "a background task failed"),
        )
        .finally(() => every(delay, run));
    });
  };
  // Loading may have taken longer than the lease that the first confirmation gave.
  await member.confirm();
  every(CONFIRM_EVERY_MS, member.confirm);
  every(HOUSEKEEPING_MS, async () => {
    const { latest } = clock.now();
    state.forgetEnded(latest, tip.at);
    const oldest = instant(Math.max(latest - KEEP_DECISIONS, 0));
    await store.prune({ decisions: makeId("dec", timeOrdered(oldest)), answers: latest });
  });

  return {
    decisions: decisionService({ ...parts, log, budgets: budgets(world), policyOf }),
    optOuts: optOutService({
      ...parts,
      size: () => tip.size,
      inEffect: (entry) => member.inEffect(entry, ANSWER_WITHIN_MS),
    }),
    locks: lockService(parts),
    entities: entityService(parts),
    sessions: sessionService(parts),
    policy: policyService({
      ...parts,
      adopt(next) {
        active = next;
        names.forgetTypes();
      },
    }),
    tokens: tokenService({ ...parts, bootstrapSecret: options.bootstrapSecret ?? null }),
    ledger: ledgerService({ store, state, tip, keys, origin, checkpoints: signer }),
    node,
    idempotency: idempotencyService({
      store,
      clock,
      working: secrets.working,
      pool,
      async keepAnswer(answer) {
        await writer.submit({
          touches: [],
          run: () => ({ ok: true, value: { events: [], answers: [answer], done: () => null } }),
        });
      },
    }),
    async close() {
      closed = true;
      again.stop();
      await writer.idle();
      await log.flush();
      if (standing.raised().length === 0) await signer.settle();
      await member.leave();
      await store.close();
    },
  };

  /** Reads all that this node needs to know, as of one instant. True: there is no ledger yet. */
  async function load(snapshot: Snapshot): Promise<boolean> {
    const { head, now } = await snapshot.confirm();
    for await (const chunk of snapshot.keys()) keys.hold(chunk);
    if (keys.wrappingEpoch() > 0 && keys.get(`wrapping/${keys.wrappingEpoch()}`) === null) {
      throw new MasterKeyError(
        "the master key does not open this database's keyring; nothing was read or changed",
      );
    }
    if (head !== null && keys.wrappingEpoch() === 0) {
      throw new MasterKeyError(
        "the database has entries but its keyring is missing; put the newest keyring back",
      );
    }
    clock.notBefore(head?.at ?? instant(0));
    // The others wait for no node that has not announced itself: the lease begins with the first confirmation.
    clock.learnt(now, asked);
    if (head === null) {
      await refuseOverLost(snapshot, keptHead);
      return true;
    }
    tip.restart(head);
    await checkAtStart({
      store: snapshot,
      head,
      keys,
      secrets,
      state,
      tip,
      origin,
      keptHead,
      signer,
      alarm,
      // An acceptance ends them in the log, for every node: it must know them.
      keepSessions: owed !== null,
    });
    return false;
  }

  /**
   * Reads the log anew, as it stands in the database now. Until that is done nothing is recorded and nothing
   * honoured; what is half loaded meanwhile can only refuse.
   */
  function restart(): Promise<void> {
    restarting ??= restarted().finally(() => {
      restarting = null;
    });
    return restarting;
  }

  /** Another node's acceptance stands: what this one owed is no longer its to record. */
  function followEpoch(): Promise<void> {
    owed = null;
    return restart();
  }

  async function restarted(): Promise<void> {
    writer.halt(READS_ANEW);
    await writer.idle();
    for (;;) {
      standing.clear();
      state.clear();
      names.forgetAll();
      try {
        asked = world.monotonic();
        if (await store.snapshot(load)) throw new LedgerLostError("the database has no ledger any more");
        active = await activeRevision();
        break;
      } catch (cause) {
        // What is half loaded is of no use: the database is asked again until it has answered everything.
        if (!(cause instanceof StoreError) || cause.code !== "unavailable" || closed) throw cause;
        await new Promise<void>((resolve) => world.after(READ_AGAIN_MS, resolve));
      }
    }
    await node.refreshAssertionKey();
    writer.restarted();
    signer.moved();
    // Not waited for: it may find that a newer epoch is to be read.
    void member.confirm().catch(() => undefined);
  }

  /** Goes on from what the database has, in a new epoch. What this node knows of the lost end stays ended. */
  function acceptLoss(by: Actor): Accepting {
    accepting ??= acceptedLoss(by).finally(() => {
      accepting = null;
    });
    return accepting;
  }

  async function acceptedLoss(by: Actor): Accepting {
    const known = owed ?? { size: tip.size, endings: endingsOf(state) };
    owed = known;
    await restart();
    const lost = Math.max(known.size - tip.size, 0);
    // Whatever becomes of the acceptance, nothing is honoured before it is recorded.
    alarm(
      "database_stale",
      `the database lost the end of its log: it had ${known.size} entries; put the newest database back, or accept the loss with \`postern node accept-loss\``,
    );
    const epoch = tip.epoch + 1;
    const written = await writer.submit({
      touches: ["epoch"],
      newEpoch: true,
      run: (now) => ({
        ok: true,
        value: { events: acceptance(now, by, epoch, lost, known.endings), done: () => null },
      }),
    });
    if (!written.ok) return written;
    owed = null;
    standing.lower(({ reason }) => reason === "database_stale");
    // The head that was kept until now may be signed under a key that is lost with the end of the log.
    await signer.sign().catch(() => undefined);
    await member.confirm();
    return { ok: true, value: { epoch, lost } };
  }

  /** Another node put a revision in force: it is compiled before anything that was decided under it is taken in. */
  async function prepare(changes: readonly RecordChange[]): Promise<() => void> {
    let next: ActivePolicy | null = null;
    for (const change of changes) {
      if (change.projection !== "revisions" || !change.record.active || change.id === active.id) continue;
      const text = await store.document(change.id);
      if (text !== null && isOfRevision(change.record.id, text))
        next = { id: change.record.id, policy: compileDocument(text) };
      else {
        alarm(
          "row_tampered",
          `the text of policy revision \`${change.id}\` is not the one that its name is the hash of`,
        );
        next = noPolicy();
      }
    }
    return () => {
      if (next === null) return;
      active = next;
      names.forgetTypes();
    };
  }

  /** The first entries of a ledger: its name, and the keys that it starts with. */
  async function open(): Promise<void> {
    const by = { person: null, via: "system" } as const;
    const opened = await writer.submit({
      touches: ["keys"],
      run(now, __, next) {
        // Another node began it meanwhile.
        if (!now.keys().next().done) return { ok: true, value: { events: [], done: () => null } };
        const wrapping = keys.make("wrapping/1");
        keys.hold([wrapping]);
        const checkpoint = draftKey({ keys, state, origin }, "checkpoint", by, next);
        const assertion = draftKey({ keys, state, origin }, "assertion", by, next);
        const wrapped = {
          by,
          event: {
            type: "key.rotated",
            key: "wrapping/1",
            epoch: 1,
            sinceSize: 0,
            publicKey: null,
            note: null,
          } as const,
        };
        const [first] = checkpoint.events;
        const checkpointKey = first?.event.type === "key.rotated" ? (first.event.publicKey ?? "") : "";
        return {
          ok: true,
          value: {
            events: [
              { by, event: { type: "ledger.opened", origin, checkpointKey } },
              ...checkpoint.events,
              ...assertion.events,
              wrapped,
            ],
            keys: [wrapping, ...(checkpoint.keys ?? []), ...(assertion.keys ?? [])],
            done: () => null,
          },
        };
      },
    });
    if (!opened.ok) throw new Error(`the ledger could not be opened: ${opened.refusal.detail}`);
  }

  /** Compiled revisions that records were made on: few are asked for, and the last one is kept. */
  async function policyOf(revision: string): Promise<Policy | null> {
    if (revision === (active.id ?? "none")) return active.policy;
    if (explained?.id === revision) return explained.policy;
    const text = await store.document(revision);
    if (text === null || !isOfRevision(revision as RevisionId, text)) return null;
    explained = { id: revision as RevisionId, policy: compileDocument(text) };
    return explained.policy;
  }

  async function activeRevision(): Promise<ActivePolicy> {
    const revision = state.activeRevision();
    const text = revision === undefined ? null : await store.document(revision.id);
    if (revision === undefined) return noPolicy();
    // The start has raised the alarm: without its policy this node permits nothing.
    if (text === null || !isOfRevision(revision.id, text)) return noPolicy();
    return { id: revision.id, policy: compileDocument(text) };
  }
}
