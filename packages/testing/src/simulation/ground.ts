import {
  type Batch,
  createService,
  type KeptEnds,
  type KeptHead,
  type Service,
  StoreError,
} from "@postern/service";
import { type Dice, seeded } from "../crash/seeded.ts";
import { endsInMemory } from "../world/kept-in-memory.ts";
import { apply } from "./apply.ts";
import { type Database, database, type Fate } from "./database.ts";
import { FAULTS, type Fault, type Invariants, invariants } from "./invariants.ts";
import { type Machine, machine } from "./machine.ts";
import { emptyModel, type LogEntry, type Model, readEntry } from "./model.ts";
import { noTrouble, type Trouble, wire } from "./network.ts";
import { keptBeside, MASTER_KEY, type Opening, ORIGIN } from "./opening.ts";
import { type Scheduler, scheduler } from "./scheduler.ts";
import { memoryStore } from "./store.ts";

/** One node and the machine it runs on. */
export interface SimulatedNode {
  readonly name: string;
  readonly keptHead: KeptHead;
  readonly keptEnds: KeptEnds;
  machine: Machine;
  trouble: Trouble;
  /** Null: it is down, or on its way up. */
  service: Service | null;
  /** What a serial reader knows who has read as far as this node. */
  model: Model;
  /** The true time at which its last confirmed question about the head was sent. */
  confirmed: number;
  /** It has seen an end of the log that the database has lost. */
  stranded: boolean;
  /** When its wall clock was last set. */
  jumpedAt: number;
  /** When it last fell asleep. */
  sleptAt: number;
  /** Requests sent to it, and the latest of them that arrived. */
  sent: number;
  heard: number;
  /** It left and is not to come up. */
  away: boolean;
  /** What it had seen end when the end of a log was last lost: it keeps that beside it, and may come up anew. */
  sawEnd: ReadonlySet<string>;
  /** The sessions among them, in this life: its memory has their ends, whatever the database says. */
  sawSessionsEnd: ReadonlySet<string>;
}

/** What was acknowledged, and how a later log shows that it is still there. */
export interface Acknowledged {
  readonly what: string;
  /** The size of the log when it was acknowledged. */
  readonly size: number;
  readonly holds: (truth: Model) => boolean;
}

/** A whole world: the true log and its model, the nodes, and what was promised to whom. */
export interface Ground {
  readonly opening: Opening;
  readonly time: Scheduler;
  readonly dice: Dice;
  readonly db: Database;
  readonly nodes: readonly SimulatedNode[];
  readonly rules: Invariants;
  readonly faults: Map<Fault, number>;
  /** The model at the end of the log as the database has it. */
  truth: Model;
  readonly parsed: LogEntry[];
  readonly acknowledged: Acknowledged[];
  /** Opt-outs whose end was answered to be in effect, with the size of the log at that time. */
  readonly inEffect: Map<string, number>;
  /** Decisions that were recorded in an end of the log that was lost. */
  readonly lostDecisions: Set<string>;
  storeOffset: number;
  /** No promise about true time is held to before this: the store's own clock jumped. */
  unsureUntil: number;
  /** By so much that only an administrator can say that it is right. */
  storeJumped: boolean;
  down: boolean;
  /** How often the database process went down. */
  lives: number;
  nextFate: Fate | null;
  full: boolean;
  /** A lost tail that no administrator has accepted yet. */
  lossOpen: boolean;
  /** What is said before this may still rest on the lost tail. */
  lossUntil: number;
  /** How often an end of the log was lost. */
  losses: number;
  /** Rows are not as the log made them. */
  tampered: boolean;
  /** Something that no rule names went wrong: a fault of the service or of the simulation. */
  broken: Error | null;
  strike(fault: Fault): void;
  start(node: SimulatedNode): void;
  kill(node: SimulatedNode): void;
  /** Brings a node's model to where the node is. */
  follow(node: SimulatedNode): Model;
  /** Reads the model anew from what the database has. */
  rebuild(): void;
}

export const NODES = 3;
/** A node whose own clock went ahead by less than it would notice stamps ahead by as much, and by a slow way. */
const MOST_AHEAD_MS = 4_500;
const SOME_OFFSET_MS = 10_000;

export function ground(opening: Opening, seed: number): Ground {
  const time = scheduler();
  const dice = seeded(seed);
  let incarnations = 0;
  const db = database(() => opening.at + time.now() + made.storeOffset, [...opening.log]);
  const newMachine = (name: string): Machine => {
    incarnations += 1;
    const fresh = machine(name, time, Math.imul(seed + 1, 7919) + incarnations * 104_729);
    fresh.jump(opening.at - fresh.world.wall() + time.now());
    return fresh;
  };
  const nodes = Array.from({ length: NODES }, (_, index): SimulatedNode => {
    const name = `node ${index + 1}`;
    return {
      name,
      keptHead: keptBeside(opening.keptHead),
      keptEnds: endsInMemory(),
      machine: newMachine(name),
      trouble: noTrouble(),
      service: null,
      model: emptyModel(),
      confirmed: Number.NEGATIVE_INFINITY,
      stranded: false,
      jumpedAt: Number.NEGATIVE_INFINITY,
      sleptAt: Number.NEGATIVE_INFINITY,
      sent: 0,
      heard: 0,
      away: false,
      sawEnd: new Set(),
      sawSessionsEnd: new Set(),
    };
  });
  const made: Ground = {
    opening,
    time,
    dice,
    db,
    nodes,
    rules: invariants(),
    faults: new Map(FAULTS.map((fault) => [fault, 0])),
    truth: emptyModel(),
    parsed: [],
    acknowledged: [],
    inEffect: new Map(),
    lostDecisions: new Set(),
    storeOffset: 0,
    unsureUntil: 0,
    storeJumped: false,
    down: false,
    lives: 0,
    nextFate: null,
    full: false,
    lossOpen: false,
    lossUntil: 0,
    losses: 0,
    tampered: false,
    broken: null,
    strike(fault) {
      made.faults.set(fault, (made.faults.get(fault) ?? 0) + 1);
    },
    start,
    kill(node) {
      node.machine.kill();
      node.service = null;
      node.confirmed = Number.NEGATIVE_INFINITY;
    },
    follow(node) {
      const { service } = node;
      if (service === null) return node.model;
      if (node.stranded) {
        // It has read the log anew once it stands elsewhere than where it was when the loss came.
        const { epoch, size } = service.node.status();
        if (epoch === node.model.epoch && size === node.model.size) return node.model;
        node.stranded = false;
        node.model = emptyModel();
      }
      const size = Math.min(service.ledger.size(), made.parsed.length);
      if (size < node.model.size) node.model = emptyModel();
      advance(node.model, size);
      return node.model;
    },
    rebuild() {
      made.parsed.length = 0;
      made.truth = emptyModel();
      for (const batch of db.log) for (const { body } of batch.entries) made.parsed.push(readEntry(body));
      advance(made.truth, made.parsed.length);
    },
  };
  db.fate = () => {
    if (made.full) {
      made.strike("disk: full");
      return "full";
    }
    const fate = made.nextFate;
    made.nextFate = null;
    if (fate === "serialisation") made.strike("store: serialisation failure");
    if (fate === "torn") made.strike("disk: torn tail");
    if (fate === "sync-kept" || fate === "sync-lost") made.strike("disk: error on sync");
    if (fate === "torn" || fate === "sync-kept" || fate === "sync-lost") goDown(made, 100 + dice() * 900);
    return fate;
  };
  made.rebuild();
  db.onCommit.add((batch) => committed(made, batch));
  return made;

  function advance(model: Model, size: number): void {
    while (model.size < size) {
      const entry = made.parsed[model.size];
      if (entry === undefined) return;
      apply(model, entry);
    }
  }

  function start(node: SimulatedNode): void {
    node.machine = newMachine(node.name);
    node.model = emptyModel();
    node.stranded = false;
    node.sawSessionsEnd = new Set();
    node.trouble = noTrouble();
    const { machine: on } = node;
    createService({
      world: on.world,
      store: memoryStore(
        db,
        wire({
          scheduler: time,
          dice,
          db,
          machine: on,
          trouble: node.trouble,
          down: () => made.down,
          life: () => made.lives,
          strike: made.strike,
          onConfirmed(sent) {
            if (node.machine === on) node.confirmed = Math.max(node.confirmed, sent);
          },
        }),
      ),
      masterKey: MASTER_KEY,
      origin: ORIGIN,
      keptHead: node.keptHead,
      keptEnds: node.keptEnds,
    }).then(
      (service) => {
        if (node.machine === on && on.alive()) node.service = service;
      },
      (cause: unknown) => {
        if (node.machine !== on || !on.alive()) return;
        if (!(cause instanceof StoreError))
          made.broken ??= cause instanceof Error ? cause : new Error(String(cause));
        time.at(300, () => {
          if (node.machine === on) start(node);
        });
      },
    );
  }
}

/** The database process is away for a while; what it had under way is lost. */
export function goDown(ground: Ground, forMilliseconds: number): void {
  if (ground.down) return;
  ground.down = true;
  ground.lives += 1;
  ground.time.at(forMilliseconds, () => {
    ground.db.recover();
    ground.down = false;
  });
}

function committed(ground: Ground, { entries, expected }: Batch): void {
  const { truth, rules, parsed } = ground;
  const gone: string[] = [];
  rules.check(
    "an old epoch appends nothing",
    expected.epoch === truth.epoch,
    () => `a batch of epoch ${expected.epoch} was appended in epoch ${truth.epoch}`,
  );
  for (const { body } of entries) {
    const entry = readEntry(body);
    const ahead = entry.at - ground.db.now();
    if (ground.storeOffset < SOME_OFFSET_MS && ground.storeOffset > -SOME_OFFSET_MS && !ground.storeJumped)
      rules.check(
        "entries carry the store's time",
        ahead <= MOST_AHEAD_MS,
        () => `an entry (${entry.event.type}) is stamped ${ahead} ms ahead of the store's clock`,
      );
    parsed.push(entry);
    apply(truth, entry, rules.check);
    if (entry.event.type === "entity.deleted") gone.push(entry.event.entity);
  }
  for (const person of gone) cascaded(ground, person);
}

/** Whoever is deleted leaves nothing behind that still counts, in the same commit. */
function cascaded({ truth, rules }: Ground, person: string): void {
  const left = [
    ...[...truth.optOuts.values()].filter(
      ({ holder, standing }) => holder === person && standing !== "ended",
    ),
    ...[...truth.sessions.values()].filter(({ subject, revoked }) => subject === person && !revoked),
  ];
  rules.check(
    "cascade complete",
    left.length === 0,
    () => `${person} was deleted, and ${left.length} sessions and opt-outs of theirs still count`,
  );
}
