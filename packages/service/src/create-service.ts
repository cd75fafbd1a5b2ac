import {
  type Actor,
  instant,
  makeId,
  milliseconds,
  type Policy,
  type Result,
  type RevisionId,
  refuse,
  timeOrdered,
} from "@postern/core";
import { accessRequestService } from "./access-requests/access-requests.ts";
import { type Asked, controlClock, LEASE_MS } from "./clock/control-clock.ts";
import { budgets } from "./decisions/budget.ts";
import { decisionLog } from "./decisions/decision-log.ts";
import { decisionService } from "./decisions/decisions.ts";
import { directory } from "./entities/directory.ts";
import { entityService } from "./entities/entities.ts";
import type { Authenticators } from "./factors/factor-parts.ts";
import { factorService } from "./factors/factors.ts";
import { idempotencyService } from "./idempotency.ts";
import { keyring } from "./keyring/keyring.ts";
import { checkpoints } from "./ledger/checkpoints.ts";
import { ledgerService } from "./ledger/ledger.ts";
import { recheck } from "./ledger/recheck.ts";
import { lockService } from "./locks/locks.ts";
import { doubts } from "./node/doubt.ts";
import { acceptance, type Endings, endedAgain, endingsOf, keptEndings } from "./node/epoch.ts";
import { membership } from "./node/membership.ts";
import { draftKey, nodeService } from "./node/node.ts";
import { checkAtStart, LedgerLostError, refuseOverLost, told } from "./node/start-check.ts";
import { type NoticeOptions, noticeService } from "./notices/notices.ts";
import { optOutService } from "./opt-outs/opt-outs.ts";
import { missingApprovals } from "./opt-outs/parts.ts";
import { type ActivePolicy, compileDocument, isOfRevision, noPolicy } from "./policy/active-policy.ts";
import { policyService } from "./policy/policy.ts";
import type { KeptEnd, KeptEnds } from "./ports/kept-ends.ts";
import type { KeptHead } from "./ports/kept-head.ts";
import { type Snapshot, type Store, StoreError } from "./ports/store.ts";
import type { Witness } from "./ports/witness.ts";
import type { World } from "./ports/world.ts";
import { type Problem, problem } from "./problem.ts";
import type { RecordChange } from "./projection/project.ts";
import { emptyState, type State, type StoredOptOut } from "./projection/state.ts";
import type { DraftEvent } from "./record/command.ts";
import { tip as makeTip } from "./record/tip.ts";
import { wentBack } from "./record/went-back.ts";
import { words } from "./record/words.ts";
import { writer as makeWriter } from "./record/writer.ts";
import { endsOf } from "./restore/ends.ts";
import { fencedText, fenceOf } from "./restore/fence.ts";
import { randomPool } from "./seal/box.ts";
import { deploymentKeys } from "./seal/master.ts";
import { searchService } from "./search/search.ts";
import type { Service } from "./service.ts";
import { sessionService } from "./sessions/sessions.ts";
import { signInService } from "./sign-in/sign-in.ts";
import { tokenService } from "./tokens/tokens.ts";
import type { AcceptedLoss, Loss } from "./views.ts";

export interface ServiceOptions {
  readonly world: World;
  readonly store: Store;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  /** Names the log in its checkpoints: by custom a URL without scheme. */
  readonly origin: string;
  readonly keptHead: KeptHead;
  /** Where what ended is kept, so that a restored backup cannot revive it. */
  readonly keptEnds?: KeptEnds;
  /**
   * The database was restored from a backup: the log goes on in a new epoch, no session counts any more, and what
   * ended since stays ended. Without ends that were kept, everything that could have ended is suspended or revoked.
   */
  readonly restored?: { readonly ends: readonly KeptEnd[] | null };
  /** Ends this log: it goes on elsewhere, in this epoch. */
  readonly fence?: number;
  /** Lets the first administrator in, once. */
  readonly bootstrapSecret?: string;
  /** Entity types that are subjects. */
  readonly subjectTypes?: readonly string[];
  /** Asked to cosign every head; none of them is ever waited for where it does not answer. */
  readonly witnesses?: readonly Witness[];
  /** Told how it stands with witnesses. */
  readonly onWitness?: (detail: string) => void;
  /** Omitted: notices reach the inbox only. */
  readonly notices?: NoticeOptions;
  /** How people prove who they are; omitted: nobody signs in here. */
  readonly authenticators?: Authenticators;
  /** Told what an operator should know; never anything personal. */
  readonly alarm?: (detail: string) => void;
}

/** The master key does not open this database: nothing can be read, and nothing was changed. */
export class MasterKeyError extends Error {
  override readonly name: string = "MasterKeyError";
}

/** Confirmed several times within the lease, so that one lost answer costs nothing. */
const CONFIRM_EVERY_MS: number = LEASE_MS / 5;
/** Once the database is back, the nodes are back within moments. */
const CONFIRM_AGAIN_MS = 200;
/** How long the answer to a revocation waits for the other nodes. */
const ANSWER_WITHIN_MS = 1_000;
const READS_ANEW = "this node reads the log anew";
const READ_AGAIN_MS = 200;
const HOUSEKEEPING_MS = 60_000;
const TELL_EVERY_MS = 2_000;
const KEEP_DECISIONS = milliseconds(30 * 24 * 3_600_000);

/** Opens the ledger, checks what hangs on it, and wires the use-cases. */
export async function createService(options: ServiceOptions): Promise<Service> {
  const { world, store, origin, keptHead } = options;
  const pool = randomPool((count) => world.random(count));
  const secrets = deploymentKeys(options.masterKey);
  const keys = keyring(secrets.wrap, pool);
  const clock = controlClock(world);
  const state = emptyState();

  const tip = makeTip(null, secrets);
  /** What is over as soon as the database that this node knows is back. */
  const passing = new Set<string>();
  let restarting: Promise<void> | null = null;
  let goneOn = false;
  /**
   * What this node knew when an administrator began to go on from what the database has. Until that is recorded
   * nothing else is: what ended in the lost end would be honoured again.
   */
  let accepting: { readonly known: number; readonly endings: Endings } | null = null;
  /** One acceptance at a time: a second one that comes in meanwhile is told the same. */
  let underWay: Promise<Result<AcceptedLoss, Problem>> | null = null;
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
    keep(changes) {
      const ends = options.keptEnds === undefined ? [] : endsOf(changes);
      if (ends.length === 0) return null;
      return (options.keptEnds?.append(ends) ?? Promise.resolve()).catch((cause: unknown) =>
        options.alarm?.(`what ended could not be kept outside the database: ${told(cause)}`),
      );
    },
    onUnfollowable({ why, detail }) {
      if (why === "epoch") void rejoin().catch((cause: unknown) => alarm("database_stale", told(cause)));
      else if (why === "tampered") alarm("row_tampered", detail);
      else {
        passing.add(detail);
        alarm("database_stale", detail);
      }
    },
  });
  const standing = doubts(clock, writer.fault);
  const alarm = (reason: Parameters<typeof standing.raise>[0], detail: string): void => {
    if (standing.raise(reason, detail)) options.alarm?.(detail);
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
    witnesses: options.witnesses ?? [],
    onStale: (detail) => alarm("database_stale", detail),
    onWitness: (detail) => options.onWitness?.(detail),
  });
  const names = directory({ state, keys, blindKey: secrets.blind, pool });
  let active: ActivePolicy = noPolicy();
  let closed = false;
  const empty = await loaded();
  if (empty) await open();
  else if (options.restored !== undefined) await continueRestored(options.restored.ends);
  else for (const detail of await signer.compareWitnessed()) alarm("database_stale", detail);
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
    loss,
    acceptLoss,
    fence,
  });
  await node.refreshAssertionKey();
  // A database that is in doubt is not signed over: the kept head stays the evidence.
  if (standing.raised().length === 0) await signer.sign();

  let explained: ActivePolicy | null = null;
  let loads = 0;
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
      if (accepting !== null) return;
      standing.lower(({ detail }) => passing.has(detail));
      passing.clear();
      writer.restarted();
    },
    onEpoch: rejoin,
  });
  /** `run` may say how soon it wants to run again. */
  const every = (delay: number, run: () => Promise<number | undefined>, next: number = delay): void => {
    world.after(next, () => {
      if (closed) return;
      run()
        .catch((cause: unknown) => {
          options.alarm?.(cause instanceof Error ? cause.message : "a background task failed");
          return undefined;
        })
        .then((soon) => every(delay, run, soon));
    });
  };
  // Loading may have taken longer than the lease that the first confirmation gave.
  await member.confirm();
  every(CONFIRM_EVERY_MS, async () => ((await member.confirm()) ? undefined : CONFIRM_AGAIN_MS));
  every(HOUSEKEEPING_MS, async () => {
    const { latest } = clock.now();
    state.forgetEnded(latest, tip.at);
    const oldest = instant(Math.max(latest - KEEP_DECISIONS, 0));
    await store.prune({ decisions: makeId("dec", timeOrdered(oldest)), answers: latest });
    return undefined;
  });

  if (options.fence !== undefined) {
    const fenced = await fence({ person: null, via: "system" }, options.fence);
    if (!fenced.ok) throw new Error(fenced.refusal.detail);
  }

  const decisions = decisionService({
    ...parts,
    log,
    budgets: budgets(world, () => member.live()),
    policyOf,
  });
  const optOutParts = {
    ...parts,
    size: () => tip.size,
    inEffect: (entry: number) => member.inEffect(entry, ANSWER_WITHIN_MS),
    missingApprovals: (optOut: StoredOptOut, at: State) =>
      missingApprovals(optOut, parts, at, clock.now().latest),
  };
  const notices = noticeService({
    ...parts,
    size: () => tip.size,
    node: member.node,
    options: options.notices,
  });
  // A channel that is new begins here: what happens from now on is told.
  await notices.look().catch(() => {});
  every(TELL_EVERY_MS, async () => {
    await notices.look();
    return undefined;
  });

  const { authenticators } = options;
  const authenticating = authenticators === undefined ? null : { ...parts, authenticators };
  return {
    decisions,
    search: searchService({
      ...parts,
      consider: decisions.consider,
      onCommit: writer.onCommit,
      loads: () => loads,
    }),
    accessRequests: accessRequestService(optOutParts),
    optOuts: optOutService(optOutParts),
    locks: lockService(optOutParts),
    entities: entityService(parts),
    sessions: sessionService(parts),
    signIn: authenticating === null ? null : signInService(authenticating),
    factors: authenticating === null ? null : factorService(authenticating),
    policy: policyService({
      ...parts,
      adopt(next) {
        active = next;
        names.forgetTypes();
      },
    }),
    tokens: tokenService({
      ...parts,
      bootstrapSecret: options.bootstrapSecret ?? null,
      restored: options.restored !== undefined,
    }),
    ledger: ledgerService({ store, state, tip, keys, origin, checkpoints: signer }),
    node,
    notices,
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
      await notices.leave();
      // The others go on appending: following them would never end.
      writer.unfollow();
      await writer.idle();
      await log.flush();
      if (standing.raised().length === 0) await signer.settle();
      else signer.stop();
      await member.leave();
      await store.close();
    },
  };

  function loaded(): Promise<boolean> {
    const opened = clock.asks();
    return store.snapshot((snapshot) => load(snapshot, opened));
  }

  /** Reads all that this node needs to know, as of one instant. True: there is no ledger yet. */
  async function load(snapshot: Snapshot, opened: Asked): Promise<boolean> {
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
    clock.learnt(now, opened);
    if (head === null) {
      await refuseOverLost(snapshot, keptHead);
      return true;
    }
    tip.restart(head);
    const [last] = await snapshot.entries(head.size - 1, head.size);
    const fence = fenceOf(last?.body ?? null);
    if (fence !== null) alarm("database_stale", fencedText(fence));
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
      keepSessions: accepting !== null,
      restored: options.restored !== undefined && !goneOn,
      alarm,
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

  async function restarted(): Promise<void> {
    writer.halt(READS_ANEW);
    await writer.idle();
    for (;;) {
      standing.clear();
      state.clear();
      keys.forgetAll();
      names.forgetAll();
      try {
        if (await loaded()) throw new LedgerLostError("the database has no ledger any more");
        active = await activeRevision();
        break;
      } catch (cause) {
        // What is half loaded is of no use: the database is asked again until it has answered everything.
        if (!(cause instanceof StoreError) || cause.code !== "unavailable" || closed) throw cause;
        await new Promise<void>((resolve) => world.after(READ_AGAIN_MS, resolve));
      }
    }
    await node.refreshAssertionKey();
    loads += 1;
    if (accepting === null) goOn();
  }

  function goOn(): void {
    writer.restarted();
    signer.moved();
    // Not waited for: it may find that a newer epoch is to be read.
    void member.confirm().catch(() => undefined);
  }

  /** Nothing follows here: the log goes on elsewhere. */
  async function fence(by: Actor, epoch: number): Promise<Result<{ readonly epoch: number }, Problem>> {
    if (epoch <= tip.epoch)
      return refuse(
        problem("node.epoch", `expected an epoch after ${tip.epoch}, in which this log is, got \`${epoch}\``),
      );
    const written = await writer.submit({
      touches: ["epoch"],
      newEpoch: true,
      run: () => ({
        ok: true,
        value: { events: [{ by, event: { type: "epoch.fenced", epoch } }], done: () => null },
      }),
    });
    if (!written.ok) return written;
    writer.halt(fencedText(epoch));
    alarm("database_stale", fencedText(epoch));
    return { ok: true, value: { epoch } };
  }

  /** Before anything is answered from a restored database. */
  async function continueRestored(ends: readonly KeptEnd[] | null): Promise<void> {
    goneOn = true;
    standing.lower(({ reason }) => reason === "database_stale");
    const lost = Math.max(0, ...(ends ?? []).map(({ entry }) => entry - tip.size + 1));
    const written = await writer.submit({
      touches: ["epoch"],
      newEpoch: true,
      run: (now) => ({
        ok: true,
        value: {
          ...acceptance(
            now,
            { person: null, via: "system" },
            tip.epoch + 1,
            lost,
            keptEndings(ends, now, (ref) => !keys.has(ref)),
          ),
          done: () => null,
        },
      }),
    });
    if (!written.ok) throw new Error(`the restored log could not go on: ${written.refusal.detail}`);
  }

  /** Follows into the epoch that an administrator accepted on another node, and says there what this one saw end. */
  async function rejoin(): Promise<void> {
    if (restarting !== null) return restarting;
    const endings = accepting?.endings ?? endingsOf(state);
    // Another node's acceptance stands: there is nothing left for this one to accept.
    accepting = null;
    await restart();
    const by: Actor = { person: null, via: "system" };
    if (endedAgain(state, by, endings).events.length === 0) return;
    const written = await writer.submit({
      touches: ["epoch"],
      run: (now) => ({ ok: true, value: { ...endedAgain(now, by, endings), done: () => null } }),
    });
    if (!written.ok) alarm("database_stale", `what ended in the lost end: ${written.refusal.detail}`);
  }

  /** Null: nothing of what this node, or the head kept beside it, has seen is missing from the database. */
  async function loss(): Promise<Loss | null> {
    if (!standing.raised().some(({ reason }) => reason === "database_stale")) return null;
    const { head } = await store.confirm();
    const known = accepting?.known ?? Math.max(tip.size, await signer.keptSize());
    const has = head?.size ?? 0;
    return { known, has, lost: Math.max(known - has, 0) };
  }

  /** Goes on from what the database has, in a new epoch. What this node knows of the lost end stays ended. */
  function acceptLoss(by: Actor, known: number): Promise<Result<AcceptedLoss, Problem>> {
    underWay ??= acceptedLoss(by, known).finally(() => {
      underWay = null;
    });
    return underWay;
  }

  async function acceptedLoss(by: Actor, known: number): Promise<Result<AcceptedLoss, Problem>> {
    // What is told at a second attempt is no longer in this node's memory.
    accepting ??= { known, endings: endingsOf(state) };
    const { endings } = accepting;
    await restart();
    // Should the acceptance fail, the loss is still there to be accepted.
    alarm("database_stale", wentBack(tip.size, accepting.known));
    // The entries of the acceptance must not be stamped by a clock in doubt, nor by the end that is lost.
    const doubted = clock.doubt()?.kind === "distrusted";
    const asked = clock.asks();
    const { now: wall } = await store.confirm();
    clock.restart(tip.at, wall, asked);
    const time: DraftEvent[] = doubted
      ? [{ by, event: { type: "time.accepted", wall, behind: Math.max(tip.at - wall, 0) } }]
      : [];
    const lost = Math.max(accepting.known - tip.size, 0);
    const epoch = tip.epoch + 1;
    const written = await writer.submit<AcceptedLoss>({
      touches: ["epoch"],
      newEpoch: true,
      evenInDoubt: true,
      run: (now) => {
        const { events: accepted, lostKeys } = acceptance(now, by, epoch, lost, endings);
        const events = [...accepted, ...time];
        const count = (...types: readonly string[]): number =>
          events.filter(({ event }) => types.includes(event.type)).length;
        const did = {
          sessionsEnded: count("session.revoked"),
          optOutsEnded: count("opt-out.revoked", "opt-out.withdrawn"),
          optOutsSuspended: count("opt-out.suspended"),
          locksPlaced: count("lock.placed"),
          tokensRevoked: count("token.revoked"),
          entitiesDeleted: count("entity.deleted"),
        };
        return {
          ok: true,
          value: { events, lostKeys, done: (entry) => ({ epoch, lost, entry, ...did }) },
        };
      },
    });
    if (!written.ok) return written;
    accepting = null;
    // That the signed head is ahead of the database is what was accepted.
    standing.lower(({ reason }) => reason === "database_stale");
    goOn();
    // The head that was kept until now may be signed under a key that is lost with the end of the log.
    await signer.sign().catch(() => undefined);
    await member.confirm();
    return written;
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
