import {
  type Act,
  type ControlId,
  type Device,
  type Entity,
  type Factor,
  hasEnded,
  holderKey,
  holderRefs,
  type Instant,
  type Lock,
  lockHolds,
  type Marked,
  type OptOut,
  type OptOutId,
  type OptOutIndex,
  type Review,
  type RevisionRecord,
  type RoleGrant,
  type Session,
  type Token,
} from "@postern/core";

/** A session as it is stored: with the hash of the secret that is its handle now. */
export interface StoredSession extends Session {
  /** SHA-256 of the secret, hexadecimal. */
  readonly handle: string;
  /** When this secret became its handle; absent: with the session, or its last rise. */
  readonly handleSince?: Instant;
  /** The handle before a rotation, for what was under way; past `until` it is worth nothing. */
  readonly formerHandle?: { readonly handle: string; readonly until: Instant };
}

export interface Uses {
  readonly id: OptOutId;
  readonly used: number;
  readonly lastAt: Instant;
}

/** A named key of the deployment, in one of its epochs. The secret itself is in the keyring under `id`. */
export interface KeyRecord {
  /** `checkpoint/2`. */
  readonly id: string;
  readonly epoch: number;
  readonly since: Instant;
  /** Smallest tree size that a checkpoint key signs. */
  readonly sinceSize: number;
  /** A vkey for checkpoints, a base64url Ed25519 key for assertions, null for keys that stay secret. */
  readonly publicKey: string | null;
  /** The handing-over note, signed by the key before. */
  readonly note: string | null;
}

/** That the log goes on elsewhere: nothing follows it, whatever is recorded or restarted. */
export interface Fence {
  /** The epoch in which it goes on, as text. */
  readonly id: string;
  readonly epoch: number;
  readonly since: Instant;
}

/** With the index of the entry that requested it, where its sealed reason lies. */
export interface StoredOptOut extends OptOut {
  readonly requestedIn: number;
}

export interface StoredLock extends Lock {
  readonly placedIn: number;
}

/** The records of each projection, as use-cases know them. */
export interface Records {
  readonly opt_outs: StoredOptOut;
  readonly locks: StoredLock;
  readonly sessions: StoredSession;
  readonly entities: Entity;
  readonly tokens: Token;
  readonly revisions: RevisionRecord;
  /** What persons say looking back: of opt-outs, of what one person did alone or asked for, of challenges and alarms. */
  readonly reviews: Review | Act | Marked;
  readonly uses: Uses;
  readonly keys: KeyRecord;
  readonly fences: Fence;
  readonly factors: Factor;
  readonly roles: RoleGrant;
  readonly devices: Device;
}

/** The records that an event may speak of, each by its id. */
export interface RecordsById
  extends Pick<
    State,
    | "lock"
    | "session"
    | "entity"
    | "token"
    | "revision"
    | "activeRevision"
    | "uses"
    | "act"
    | "marked"
    | "factor"
    | "role"
    | "device"
  > {
  readonly optOuts: Pick<State["optOuts"], "get">;
}

/** What use-cases and `decide` read: the projections in memory, indexed. */
export interface State {
  readonly optOuts: OptOutIndex & {
    get(id: string): StoredOptOut | undefined;
    all(): IterableIterator<StoredOptOut>;
    /** Those that a subject, device or audience holds, and those that a person asked for; ended ones too. */
    about(holder: string): readonly StoredOptOut[];
    /** Index of the latest entry that changed it. */
    entry(id: string): number;
  };
  /** Not lifted, and not known to have ended. */
  readonly liveLocks: readonly StoredLock[];
  lock(id: string): StoredLock | undefined;
  locks(): IterableIterator<StoredLock>;
  /** As the record has it, whether or not it counts. */
  session(id: string): StoredSession | undefined;
  /** One that somebody may act in, with the ends that count now. */
  countingSession(id: string): StoredSession | undefined;
  sessionByHandle(hash: string): StoredSession | undefined;
  sessions(): IterableIterator<StoredSession>;
  sessionsOf(subject: string): readonly StoredSession[];
  /** Those on a device, ended ones too. */
  sessionsOn(device: string): readonly StoredSession[];
  /** The sessions of a subject one by one, for work that pauses: what comes meanwhile may be told too. */
  eachSessionOf(subject: string): Iterable<StoredSession>;
  entity(ref: string): Entity | undefined;
  entityByBlind(blind: string): Entity | undefined;
  entities(): IterableIterator<Entity>;
  /** Those against which a signal has raised something that stands. */
  concerned(): IterableIterator<Entity>;
  token(id: string): Token | undefined;
  tokenByHash(hash: string): Token | undefined;
  tokens(): IterableIterator<Token>;
  revision(id: string): RevisionRecord | undefined;
  revisions(): IterableIterator<RevisionRecord>;
  activeRevision(): RevisionRecord | undefined;
  reviews(): IterableIterator<Review>;
  act(id: string): Act | undefined;
  acts(): IterableIterator<Act>;
  /** What was said of a decision or a signal; undefined: nothing. */
  marked(id: string): Marked | undefined;
  /** The signals of which something was said. */
  markedSignals(): IterableIterator<Marked>;
  uses(id: OptOutId): Uses | undefined;
  keys(): IterableIterator<KeyRecord>;
  /** Undefined: the log goes on here. */
  fence(): Fence | undefined;
  factor(id: string): Factor | undefined;
  factorByBlind(blind: string): Factor | undefined;
  factors(): IterableIterator<Factor>;
  /** Removed ones too. */
  factorsOf(subject: string): readonly Factor[];
  role(id: string): RoleGrant | undefined;
  roles(): IterableIterator<RoleGrant>;
  /** Revoked ones too. */
  rolesOf(person: string): readonly RoleGrant[];
  device(id: string): Device | undefined;
  /** Revoked ones too. */
  deviceByBlind(blind: string): Device | undefined;
  devices(): IterableIterator<Device>;
  /** Those that a person registered, revoked ones too. */
  devicesOf(subject: string): readonly Device[];
  /** Rows whose tag did not match: never honoured, and named by `doctor` and the verifier. */
  readonly tampered: ReadonlyMap<string, string>;
}

export interface MutableState extends State {
  apply<Table extends keyof Records>(
    projection: Table,
    id: string,
    record: Records[Table] | null,
    entry: number,
  ): void;
  /** Forgets everything, to be loaded anew. */
  clear(): void;
  markTampered(row: string, why: string): void;
  /** None of the sessions that are there counts any more: their end may have been forgotten. They are there to be ended. */
  discountSessions(): void;
  /** No session counts at all, whatever is loaded meanwhile, until it is said otherwise. */
  holdSessions(held: boolean): void;
  /** A copy of the ids of a projection's rows. */
  ids(projection: keyof Records): readonly string[];
  /**
   * Drops what has ended from what decisions read; it stays listed. By the time of the last entry, behind which no
   * clock falls back: one that ran ahead for a moment would drop what goes on.
   */
  forgetEnded(lastEntry: Instant): void;
}

const NONE: readonly never[] = [];

/**
 * `shown` lays over what is recorded of a session what is not: its activity, and the ends that follow from it. Nothing:
 * none counts.
 */
export function emptyState(
  shown: (session: StoredSession) => StoredSession | undefined = (session) => session,
): MutableState {
  const optOuts = new Map<string, StoredOptOut>();
  const entries = new Map<string, number>();
  const byHolder = new Map<string, Map<ControlId, OptOut[]>>();
  const idsAbout = new Map<string, string[]>();
  const locks = new Map<string, StoredLock>();
  const live = new Map<string, StoredLock>();
  /** The values of `live`; null: made anew when next asked for. */
  let liveLocks: readonly StoredLock[] | null = null;
  const sessions = new Map<string, StoredSession>();
  const byHandle = new Map<string, StoredSession>();
  const bySubject = new Map<string, Map<string, StoredSession>>();
  const byDevice = new Map<string, Map<string, StoredSession>>();
  const entities = new Map<string, Entity>();
  const byBlind = new Map<string, Entity>();
  const concerned = new Map<string, Entity>();
  const tokens = new Map<string, Token>();
  const byHash = new Map<string, Token>();
  const revisions = new Map<string, RevisionRecord>();
  const reviews = new Map<string, Records["reviews"]>();
  const signalMarks = new Map<string, Marked>();
  const acts = new Map<string, Act>();
  const uses = new Map<string, Uses>();
  const keys = new Map<string, KeyRecord>();
  const fences = new Map<string, Fence>();
  const factors = new Map<string, Factor>();
  const factorByBlind = new Map<string, Factor>();
  const factorsBySubject = new Map<string, Map<string, Factor>>();
  const roles = new Map<string, RoleGrant>();
  const rolesByPerson = new Map<string, Map<string, RoleGrant>>();
  const devices = new Map<string, Device>();
  const deviceByBlind = new Map<string, Device>();
  const devicesBySubject = new Map<string, Map<string, Device>>();
  const tampered = new Map<string, string>();
  const discounted = new Set<string>();
  let sessionsHeld = false;
  const counting = (session: StoredSession | undefined): StoredSession | undefined =>
    session === undefined || sessionsHeld || discounted.has(session.id) ? undefined : shown(session);

  const tables: { readonly [Table in keyof Records]: ReadonlyMap<string, Records[Table]> } = {
    opt_outs: optOuts,
    locks,
    sessions,
    entities,
    tokens,
    revisions,
    reviews,
    uses,
    keys,
    fences,
    factors,
    roles,
    devices,
  };

  // Only what may be honoured, or will be, is looked at by decisions.
  const indexed = (optOut: OptOut): boolean =>
    optOut.standing === "granted" || optOut.standing === "suspended";

  const unindex = (optOut: OptOut): void => {
    const holder = holderKey(optOut.holder);
    const controls = byHolder.get(holder);
    const list = controls?.get(optOut.control);
    if (controls === undefined || list === undefined) return;
    const rest = list.filter((one) => one.id !== optOut.id);
    if (rest.length > 0) controls.set(optOut.control, rest);
    else controls.delete(optOut.control);
    if (controls.size === 0) byHolder.delete(holder);
  };
  const index = (optOut: OptOut): void => {
    if (!indexed(optOut)) return;
    const holder = holderKey(optOut.holder);
    let controls = byHolder.get(holder);
    if (controls === undefined) {
      controls = new Map();
      byHolder.set(holder, controls);
    }
    const list = controls.get(optOut.control);
    if (list === undefined) controls.set(optOut.control, [optOut]);
    else list.push(optOut);
  };

  // Who holds it and who asked for it never change, so the first record of an opt-out tells both.
  const listed = (optOut: OptOut): void => {
    for (const ref of refsOf(optOut)) {
      const ids = idsAbout.get(ref);
      if (ids === undefined) idsAbout.set(ref, [optOut.id]);
      else ids.push(optOut.id);
    }
  };
  const unlisted = (optOut: OptOut): void => {
    for (const ref of refsOf(optOut)) {
      const rest = (idsAbout.get(ref) ?? NONE).filter((id) => id !== optOut.id);
      if (rest.length > 0) idsAbout.set(ref, rest);
      else idsAbout.delete(ref);
    }
  };

  const put: { readonly [Table in keyof Records]: (id: string, record: Records[Table] | null) => void } = {
    opt_outs(id, record) {
      const before = optOuts.get(id);
      if (before !== undefined) unindex(before);
      if (record === null) {
        if (before !== undefined) unlisted(before);
        optOuts.delete(id);
        return;
      }
      if (before === undefined) listed(record);
      optOuts.set(id, record);
      index(record);
    },
    locks(id, record) {
      if (record === null) locks.delete(id);
      else locks.set(id, record);
      if (record === null || record.liftedAt !== null) live.delete(id);
      else live.set(id, record);
      liveLocks = null;
    },
    sessions(id, record) {
      const before = sessions.get(id);
      if (before !== undefined) {
        byHandle.delete(before.handle);
        if (before.formerHandle !== undefined) byHandle.delete(before.formerHandle.handle);
      }
      if (before?.device != null && before.device !== record?.device) {
        const left = byDevice.get(before.device);
        left?.delete(id);
        if (left?.size === 0) byDevice.delete(before.device);
      }
      if (record === null) {
        sessions.delete(id);
        if (before === undefined) return;
        const left = bySubject.get(before.subject);
        left?.delete(id);
        if (left?.size === 0) bySubject.delete(before.subject);
        return;
      }
      sessions.set(id, record);
      byHandle.set(record.handle, record);
      if (record.formerHandle !== undefined) byHandle.set(record.formerHandle.handle, record);
      let own = bySubject.get(record.subject);
      if (own === undefined) {
        own = new Map();
        bySubject.set(record.subject, own);
      }
      own.set(id, record);
      if (record.device === null) return;
      const there = byDevice.get(record.device) ?? new Map<string, StoredSession>();
      byDevice.set(record.device, there.set(id, record));
    },
    entities(id, record) {
      const before = entities.get(id);
      if (before !== undefined) byBlind.delete(before.blind);
      concerned.delete(id);
      if (record === null) {
        entities.delete(id);
        return;
      }
      if (record.concerns !== undefined) concerned.set(id, record);
      entities.set(id, record);
      if (record.deletedAt === null) byBlind.set(record.blind, record);
    },
    tokens(id, record) {
      const before = tokens.get(id);
      if (before !== undefined) byHash.delete(before.hash);
      if (record === null) {
        tokens.delete(id);
        return;
      }
      tokens.set(id, record);
      byHash.set(record.hash, record);
    },
    revisions: (id, record) => set(revisions, id, record),
    reviews(id, record) {
      set(reviews, id, record);
      set(acts, id, record !== null && "what" in record ? record : null);
      const ofSignal = record !== null && "marks" in record && record.id.startsWith("sig_");
      set(signalMarks, id, ofSignal ? record : null);
    },
    uses: (id, record) => set(uses, id, record),
    keys: (id, record) => set(keys, id, record),
    fences: (id, record) => set(fences, id, record),
    factors(id, record) {
      const before = factors.get(id);
      if (before !== undefined && before.blind !== "") factorByBlind.delete(before.blind);
      if (record === null) {
        factors.delete(id);
        if (before === undefined) return;
        const left = factorsBySubject.get(before.subject);
        left?.delete(id);
        if (left?.size === 0) factorsBySubject.delete(before.subject);
        return;
      }
      factors.set(id, record);
      if (record.blind !== "") factorByBlind.set(record.blind, record);
      let own = factorsBySubject.get(record.subject);
      if (own === undefined) {
        own = new Map();
        factorsBySubject.set(record.subject, own);
      }
      own.set(id, record);
    },
    roles(id, record) {
      const before = roles.get(id);
      if (before !== undefined) rolesByPerson.get(before.person)?.delete(id);
      set(roles, id, record);
      if (record === null) return;
      const own = rolesByPerson.get(record.person) ?? new Map<string, RoleGrant>();
      rolesByPerson.set(record.person, own.set(id, record));
    },
    devices(id, record) {
      const before = devices.get(id);
      if (before !== undefined && before.blind !== "") deviceByBlind.delete(before.blind);
      if (record === null) {
        devices.delete(id);
        if (before === undefined) return;
        const left = devicesBySubject.get(before.subject);
        left?.delete(id);
        if (left?.size === 0) devicesBySubject.delete(before.subject);
        return;
      }
      devices.set(id, record);
      if (record.blind !== "") deviceByBlind.set(record.blind, record);
      let own = devicesBySubject.get(record.subject);
      if (own === undefined) {
        own = new Map();
        devicesBySubject.set(record.subject, own);
      }
      own.set(id, record);
    },
  };

  return {
    optOuts: {
      find: (holder, control) => byHolder.get(holder)?.get(control) ?? NONE,
      get: (id) => optOuts.get(id),
      all: () => optOuts.values(),
      about: (holder) => (idsAbout.get(holder) ?? NONE).flatMap((id) => optOuts.get(id) ?? []),
      entry: (id) => entries.get(id) ?? 0,
    },
    get liveLocks() {
      liveLocks ??= [...live.values()];
      return liveLocks;
    },
    lock: (id) => locks.get(id),
    locks: () => locks.values(),
    session: (id) => sessions.get(id),
    sessionByHandle: (hash) => counting(byHandle.get(hash)),
    sessions: () => sessions.values(),
    sessionsOf: (subject) => [...(bySubject.get(subject)?.values() ?? [])],
    sessionsOn: (device) => [...(byDevice.get(device)?.values() ?? [])],
    eachSessionOf: (subject) => bySubject.get(subject)?.values() ?? NONE,
    entity: (ref) => entities.get(ref),
    entityByBlind: (blind) => byBlind.get(blind),
    entities: () => entities.values(),
    concerned: () => concerned.values(),
    token: (id) => tokens.get(id),
    tokenByHash: (hash) => byHash.get(hash),
    tokens: () => tokens.values(),
    revision: (id) => revisions.get(id),
    revisions: () => revisions.values(),
    activeRevision: () => [...revisions.values()].find((revision) => revision.active),
    *reviews() {
      for (const record of reviews.values()) if ("optOut" in record) yield record;
    },
    act: (id) => acts.get(id),
    acts: () => acts.values(),
    marked(id) {
      const record = reviews.get(id);
      return record !== undefined && "marks" in record ? record : undefined;
    },
    markedSignals: () => signalMarks.values(),
    uses: (id) => uses.get(id),
    keys: () => keys.values(),
    fence: () => fences.values().next().value,
    factor: (id) => factors.get(id),
    factorByBlind: (blind) => factorByBlind.get(blind),
    factors: () => factors.values(),
    factorsOf: (subject) => [...(factorsBySubject.get(subject)?.values() ?? [])],
    role: (id) => roles.get(id),
    roles: () => roles.values(),
    rolesOf: (person) => [...(rolesByPerson.get(person)?.values() ?? [])],
    device: (id) => devices.get(id),
    deviceByBlind: (blind) => deviceByBlind.get(blind),
    devices: () => devices.values(),
    devicesOf: (subject) => [...(devicesBySubject.get(subject)?.values() ?? [])],
    tampered,
    countingSession: (id) => counting(sessions.get(id)),
    apply(projection, id, record, entry) {
      if (projection === "opt_outs") entries.set(id, entry);
      put[projection](id, record);
    },
    ids: (projection) => [...tables[projection].keys()],
    clear() {
      for (const [projection, table] of Object.entries(tables))
        for (const id of [...table.keys()]) put[projection as keyof Records](id, null);
      tampered.clear();
      discounted.clear();
    },
    markTampered(row, why) {
      tampered.set(row, why);
    },
    holdSessions(held) {
      sessionsHeld = held;
    },
    discountSessions() {
      for (const id of sessions.keys()) discounted.add(id);
    },
    forgetEnded(lastEntry) {
      for (const controls of byHolder.values()) {
        for (const list of controls.values()) {
          for (const optOut of list.filter((one) => hasEnded(one, lastEntry))) unindex(optOut);
        }
      }
      for (const lock of live.values()) {
        if (lockHolds(lock, lastEntry)) continue;
        live.delete(lock.id);
        liveLocks = null;
      }
    },
  };
}

function refsOf({ holder, requestedBy }: OptOut): ReadonlySet<string> {
  return new Set([...holderRefs(holder), requestedBy]);
}

function set<Value>(map: Map<string, Value>, id: string, record: Value | null): void {
  if (record === null) map.delete(id);
  else map.set(id, record);
}
