import { complianceOf, type Entity, instant, makeId, milliseconds, timeOrdered } from "@postern/core";
import { accessRequestService } from "./access-requests/access-requests.ts";
import { addressService } from "./address/address.ts";
import { artifacts } from "./artifacts/artifacts.ts";
import { controlClock, LEASE_MS } from "./clock/control-clock.ts";
import { timeMark } from "./clock/time-mark.ts";
import { coverage } from "./coverage/coverage.ts";
import { budgets } from "./decisions/budget.ts";
import { decisionLog } from "./decisions/decision-log.ts";
import { decisionService } from "./decisions/decisions.ts";
import { deviceService } from "./devices/devices.ts";
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
import { markService } from "./marks/marks.ts";
import { doubts, type Raised } from "./node/doubt.ts";
import { epochsOf, type RestoredLog } from "./node/epochs.ts";
import { loader } from "./node/load.ts";
import { membership } from "./node/membership.ts";
import { nodeService } from "./node/node.ts";
import { openLedger } from "./node/open-ledger.ts";
import { rereader } from "./node/reread.ts";
import { told } from "./node/start-check.ts";
import { type NoticeOptions, noticeService } from "./notices/notices.ts";
import { optOutService } from "./opt-outs/opt-outs.ts";
import { missingApprovals } from "./opt-outs/parts.ts";
import { parkedForms } from "./parked-forms/parked-forms.ts";
import { observationService } from "./policy/observation.ts";
import { policyService } from "./policy/policy.ts";
import { revisionsOf } from "./policy/revisions.ts";
import { simulationService } from "./policy/simulation.ts";
import type { AddressCodes } from "./ports/address-code.ts";
import type { ClientData } from "./ports/client-data.ts";
import type { KeptEnds } from "./ports/kept-ends.ts";
import type { KeptHead } from "./ports/kept-head.ts";
import type { Store } from "./ports/store.ts";
import type { Witness } from "./ports/witness.ts";
import type { World } from "./ports/world.ts";
import type { Problem } from "./problem.ts";
import { emptyState, type State, type StoredOptOut, type StoredSession } from "./projection/state.ts";
import { tip as makeTip } from "./record/tip.ts";
import { words } from "./record/words.ts";
import { writer as makeWriter } from "./record/writer.ts";
import { recoveryService } from "./recovery/recovery.ts";
import { fencedText } from "./restore/fence.ts";
import { endsKeeper } from "./restore/keeper.ts";
import { riskReportService } from "./risk/report.ts";
import { riskState } from "./risk/risk.ts";
import { mayBecomeUsual } from "./risk/usual.ts";
import { roleService } from "./roles/roles.ts";
import { randomPool } from "./seal/box.ts";
import { deploymentKeys } from "./seal/master.ts";
import { searchService } from "./search/search.ts";
import type { Service } from "./service.ts";
import { activityLog } from "./sessions/activity.ts";
import { sessionExpiry } from "./sessions/expiry.ts";
import { sessionService } from "./sessions/sessions.ts";
import { endingForGood, shortening } from "./sessions/shorten.ts";
import { shownSessions } from "./sessions/shown.ts";
import { sightings } from "./sessions/sighting.ts";
import { signInService } from "./sign-in/sign-in.ts";
import { intake } from "./signals/intake.ts";
import { returning } from "./signals/return.ts";
import { signalService } from "./signals/signals.ts";
import { subjectNames } from "./signals/subject.ts";
import { streamService } from "./streams/streams.ts";
import { tokenService } from "./tokens/tokens.ts";
import { heldActs } from "./unreviewed/held.ts";
import { unreviewedService } from "./unreviewed/unreviewed.ts";

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
  readonly restored?: RestoredLog;
  /** Ends this log for good: it goes on elsewhere, in this epoch; null: in the next. */
  readonly fence?: { readonly epoch: number | null };
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
  /** How a code is brought to an address; omitted: addresses are not verified here. */
  readonly addressCodes?: AddressCodes;
  /** How people prove who they are; omitted: nobody signs in here. */
  readonly authenticators?: Authenticators;
  /** Reads addresses and agents; omitted: risk knows networks and whole agent strings alone. */
  readonly clientData?: ClientData;
  /** Issuers that name subjects by our own references: our OpenID Provider and our transmitter of signals. */
  readonly ownIssuers?: () => readonly string[];
  /** Sources whose signals come signed from their transmitters: no token speaks for them. */
  readonly signedSources?: readonly string[];
  /** Told what an operator should know; never anything personal. */
  readonly alarm?: (detail: string) => void;
}

/** Confirmed several times within the lease, so that one lost answer costs nothing. */
const CONFIRM_EVERY_MS: number = LEASE_MS / 5;
/** Once the database is back, the nodes are back within moments. */
const CONFIRM_AGAIN_MS = 200;
/** How long the answer to a revocation waits for the other nodes. */
const ANSWER_WITHIN_MS = 1_000;
/** How soon what could not be kept outside the database is kept after all. */
const KEEP_AGAIN_MS = 5_000;
const HOUSEKEEPING_MS = 60_000;
/** How soon a node learns which revision is to be observed. */
const OBSERVE_EVERY_MS = 5_000;
const TELL_EVERY_MS = 2_000;
/** How soon what is over ends, and what it held back resumes. */
const RESUME_EVERY_MS = 1_000;
const KEEP_DECISIONS = milliseconds(30 * 24 * 3_600_000);

/**
 * Opens the ledger, checks what hangs on it, and wires the use-cases. The store is the service's from the call on:
 * whoever cannot be answered with a service finds it closed.
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const begun: (() => Promise<void> | void)[] = [];
  try {
    return await begin(options, (stop) => begun.push(stop));
  } catch (cause) {
    for (const stop of begun) await stop();
    await options.store.close().catch(() => undefined);
    throw cause;
  }
}

/** `onFailure` is given how what runs by itself is stopped. */
async function begin(
  options: ServiceOptions,
  onFailure: (stop: () => Promise<void> | void) => void,
): Promise<Service> {
  const { world, store, origin, keptHead } = options;
  const pool = randomPool((count) => world.random(count));
  const secrets = deploymentKeys(options.masterKey);
  const keys = keyring(secrets.wrap, pool);
  const clock = controlClock(world);
  // Until the policy is there, what is recorded stands as it is.
  let asShown = (session: StoredSession): StoredSession => session;
  const state = emptyState((session) => (clock.lost() ? undefined : asShown(session)));

  const tip = makeTip(null, secrets);
  const writer = makeWriter({
    world,
    store,
    clock,
    state,
    tip,
    keys,
    pool,
    rowKey: secrets.row,
    prepare: (changes) => revisions.prepare(changes),
    keep: (changes) => keeper.keep(changes),
    onUnfollowable({ why, detail }) {
      if (why === "epoch")
        void epochs.rejoin().catch((cause: unknown) => alarm("database_stale", told(cause)));
      else if (why === "tampered") alarm("row_tampered", detail);
      else alarm("database_stale", detail, true);
    },
    onFenced: (epoch) => onFenced(epoch),
  });
  const standing = doubts(clock, writer.fault);
  const keeper = endsKeeper({
    keptEnds: options.keptEnds,
    state,
    size: () => tip.size,
    epoch: () => tip.epoch,
    inDoubt: () => standing.raised().length > 0,
    alarm: (detail) => options.alarm?.(detail),
  });
  const alarm = (reason: Raised["reason"], detail: string, passing = false): void => {
    if (standing.raise({ reason, detail, passing })) options.alarm?.(detail);
  };
  const onFenced = (epoch: number): void => {
    const detail = fencedText(epoch);
    writer.halt({ kind: "fenced", detail });
    alarm("database_stale", detail);
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
  const revisions = revisionsOf({ world, store, state, forgetTypes: names.forgetTypes, alarm });
  let closed = false;
  let closing: Promise<void> | null = null;
  onFailure(() => {
    closed = true;
    writer.unfollow();
    signer.stop();
  });
  const load = loader({
    store,
    keys,
    secrets,
    clock,
    state,
    tip,
    origin,
    keptHead,
    signer,
    alarm,
    onFenced,
    restored: () => options.restored !== undefined && !epochs.wentOn(),
  });
  const rereading = rereader({
    world,
    writer,
    standing,
    state,
    keys,
    names,
    revisions,
    load,
    closed: () => closed,
    async done() {
      await node.refreshAssertionKey();
      if (!epochs.accepting()) goOn();
    },
  });
  const epochs = epochsOf({
    store,
    writer,
    clock,
    state,
    tip,
    keys,
    signer,
    standing,
    revisions,
    rereading,
    alarm,
    goOn,
    confirm: () => member.confirm(),
    keptEnds: async () => (await options.keptEnds?.read())?.ends ?? null,
    lockId: () => makeId("lk", pool.take(16)),
  });
  const id = makeId("nod", world.random(16));
  const mark = timeMark({ world, store, clock });
  await mark.recall();
  const empty = await load();
  if (empty) {
    // DANGER: unannounced, it would leave a log that nobody vouches for to whoever starts at the same moment.
    onFailure(() => store.leave(id).catch(() => undefined));
    await store.announce(id, 0);
    await openLedger({ writer, keys, state, origin });
  } else if (options.restored !== undefined) await epochs.continueRestored(options.restored);
  else for (const detail of await signer.compareWitnessed()) alarm("database_stale", detail);
  if (standing.raised().some(({ reason }) => reason === "database_stale")) epochs.begunBehind();
  await revisions.load();
  await keeper.catchUp();
  writer.onCommit(({ changes }) => {
    signer.moved();
    for (const change of changes) {
      if (change.projection === "entities") names.forget(change.record.ref);
      // States follow from factors.
      if (change.projection === "factors") names.forget(change.record.subject);
    }
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
    active: revisions.active,
    policy: () => revisions.active().policy,
    settleSessions: (): Promise<Problem | null> => expiry.settle(),
  };
  const statementsOf = (ref: string | null): Entity["compliance"] =>
    ref === null ? undefined : state.entity(ref)?.compliance;
  const activity = activityLog({
    ...parts,
    artifacts: artifacts({ store, clock, working: secrets.working, pool }),
  });
  asShown = shownSessions({ ...parts, activity });
  writer.onCommit(({ changes }) => {
    for (const change of changes)
      if (change.projection === "sessions" && change.record.revokedAt !== null)
        activity.forget(change.record.id);
  });
  const risk = riskState({
    ...parts,
    key: secrets.risk,
    working: secrets.working,
    data: options.clientData ?? null,
    now: () => clock.now().latest,
    factorsOf: (subject) => state.factorsOf(subject),
    complianceOf: (device, subject) => complianceOf(statementsOf(device), statementsOf(subject)),
    alarm: (detail) => options.alarm?.(detail),
    mayBecomeUsual(session, from) {
      const { decision } = decisions.consider({
        subject: null,
        action: { name: "sign-in" },
        resource: { type: "postern", id: "sign-in" },
        session,
        network: from.network,
        client: from.client,
        askedBy: "sign-in",
      });
      return mayBecomeUsual(session, decision.risk, revisions.active().policy, clock.now().latest);
    },
  });
  writer.onCommit(({ changes }) => {
    for (const change of changes) if (change.projection === "factors") risk.changed(change.record.subject);
  });
  const seenAtSignIn = sightings({ ...parts, data: options.clientData ?? null });
  const held = heldActs({ state, pool, now: () => clock.now().latest });
  const log = decisionLog({ world, store, keys, working: secrets.working, pool });
  const again = recheck({
    world,
    store,
    keys,
    range: () => tip.range,
    onFault: (detail) => alarm("row_tampered", detail),
  });
  onFailure(again.stop);
  const node = await nodeService({
    ...parts,
    tip,
    origin,
    dropped: log.dropped,
    passes: again.passes,
    members: () => member.members(),
    fresh: () => member.fresh(),
    freshForStrangers: () => member.freshForStrangers(),
    inEffect: (entry) => member.inEffect(entry, 0),
    endsTrouble: keeper.trouble,
    loss: epochs.loss,
    acceptLoss: epochs.acceptLoss,
    held,
    keepTime: () => mark.keep(),
    settled: () => !rereading.underWay(),
  });
  await node.refreshAssertionKey();
  // A database that is in doubt is not signed over: the kept head stays the evidence.
  if (standing.raised().length === 0) await signer.sign();

  const member = membership({
    node: id,
    world,
    store,
    clock,
    tip,
    writer,
    onStale(detail) {
      writer.halt({ kind: "stale", detail });
      alarm("database_stale", detail, true);
    },
    onFresh() {
      // DANGER: a node that reads the log anew has half of it: without its locks it would honour what they shut.
      if (epochs.accepting() || rereading.underWay()) return;
      standing.lower(({ passing }) => passing);
      writer.caughtUp();
    },
    onEpoch: epochs.rejoin,
  });
  onFailure(member.leave);
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
  await mark.keep().catch(() => undefined);
  every(CONFIRM_EVERY_MS, async () => ((await member.confirm()) ? undefined : CONFIRM_AGAIN_MS));
  every(KEEP_AGAIN_MS, async () => {
    if (keeper.trouble() !== null) await keeper.catchUp();
    return undefined;
  });
  every(HOUSEKEEPING_MS, async () => {
    await mark.keep();
    const { latest } = clock.now();
    state.forgetEnded(tip.at);
    const oldest = instant(Math.max(latest - KEEP_DECISIONS, 0));
    await store.prune({ decisions: makeId("dec", timeOrdered(oldest)), answers: latest });
    return undefined;
  });

  if (options.fence !== undefined) {
    const fenced = await epochs.fence({ person: null, via: "system" }, options.fence.epoch);
    if (!fenced.ok) throw new Error(fenced.refusal.detail);
  }

  const observation = observationService(parts);
  const seen = coverage({ active: revisions.active });
  await observation.look().catch(() => {});
  every(OBSERVE_EVERY_MS, async () => {
    await observation.look();
    return undefined;
  });
  const decisions = decisionService({
    ...parts,
    log,
    risk,
    made: observation.made,
    seen: seen.seen,
    activity,
    shorten: shortening(parts),
    endForGood: endingForGood(parts),
    budgets: budgets(world, () => member.live()),
    policyOf: revisions.policyOf,
  });
  const optOutParts = {
    risk,
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

  const signalParts = {
    ...parts,
    artifacts: artifacts({ store, clock, working: secrets.working, pool }),
    alarm: (detail: string) => options.alarm?.(detail),
  };
  const signals = intake(signalParts);
  const signalNames = subjectNames({
    ...parts,
    addressIn: options.notices?.addressIn ?? null,
    ownIssuers: () => options.ownIssuers?.() ?? [],
  });
  writer.onCommit(({ changes }) => signalNames.changed(changes));
  const resuming = returning({
    ...parts,
    onCleared: signals.noteCleared,
  });
  every(RESUME_EVERY_MS, async () => {
    await resuming.look();
    return undefined;
  });

  const expiry = sessionExpiry({ ...parts, activity });
  every(RESUME_EVERY_MS, async () => {
    if (standing.raised().length === 0) await expiry.look();
    return undefined;
  });

  const streams = streamService({
    ...parts,
    working: secrets.working,
    size: () => tip.size,
    node: id,
    names: signalNames,
    policy: () => revisions.active().policy,
    alarm: signalParts.alarm,
  });

  const bootstrap = {
    bootstrapSecret: options.bootstrapSecret ?? null,
    restored: options.restored !== undefined,
  };
  const { authenticators, addressCodes } = options;
  const addressIn = options.notices?.addressIn ?? null;
  const authenticating =
    authenticators === undefined ? null : { ...parts, authenticators, risk, sightings: seenAtSignIn };
  return {
    decisions,
    marks: markService({ ...parts, log, policyOf: revisions.policyOf }),
    riskReport: riskReportService({ ...parts, log, policyOf: revisions.policyOf }),
    search: searchService({
      ...parts,
      consider: decisions.consider,
      onCommit: writer.onCommit,
      loads: rereading.count,
    }),
    accessRequests: accessRequestService(optOutParts),
    optOuts: optOutService(optOutParts),
    locks: lockService(optOutParts),
    unreviewed: unreviewedService({ ...parts, held }),
    entities: entityService({ ...parts, addressIn }),
    sessions: sessionService({
      ...parts,
      risk,
      activity,
      sightings: seenAtSignIn,
      timeouts: decisions.timeouts,
      draftKey: secrets.draft,
    }),
    signals: signalService({
      ...signalParts,
      intake: signals,
      names: signalNames,
      store: options.store,
      signedSources: new Set(options.signedSources),
    }),
    streams,
    signIn: authenticating === null ? null : signInService({ ...authenticating, addressIn }),
    factors: authenticating === null ? null : factorService(authenticating),
    devices: authenticating === null ? null : deviceService(authenticating),
    address:
      authenticating === null || addressCodes === undefined || addressIn === null
        ? null
        : addressService({ ...authenticating, codesByMail: addressCodes, attribute: addressIn }),
    recovery:
      authenticating === null || addressCodes === undefined || addressIn === null
        ? null
        : recoveryService({ ...authenticating, codesByMail: addressCodes, attribute: addressIn }),
    policy: policyService({
      ...optOutParts,
      observing: observation.current,
      adopt: revisions.adopt,
    }),
    observation,
    coverage: seen,
    simulations: simulationService({ ...parts, log, policyOf: revisions.policyOf }),
    tokens: tokenService({ ...parts, ...bootstrap }),
    roles: roleService({ ...parts, ...bootstrap, factors: authenticating }),
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
          by: null,
          touches: [],
          run: () => ({ ok: true, value: { events: [], answers: [answer], done: () => null } }),
        });
      },
    }),
    artifacts: artifacts({ store, clock, working: secrets.working, pool }),
    parkedForms: parkedForms({
      artifacts: artifacts({ store, clock, working: secrets.parked, pool }),
      clock,
      pool,
    }),
    close() {
      closing ??= close();
      return closing;
    },
  };

  async function close(): Promise<void> {
    closed = true;
    again.stop();
    resuming.stop();
    expiry.stop();
    streams.stop();
    await notices.leave();
    // The others go on appending: following them would never end.
    writer.unfollow();
    await writer.idle();
    await log.flush();
    await risk.close();
    await activity.flush();
    if (standing.raised().length === 0) await signer.settle();
    else signer.stop();
    await member.leave();
    await store.close();
  }

  function goOn(): void {
    writer.restarted();
    signer.moved();
    // What was read anew did not come by as it happened.
    void keeper.catchUp();
    // Not waited for: it may find that a newer epoch is to be read.
    void member.confirm().catch(() => undefined);
  }
}
