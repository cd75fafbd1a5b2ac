import { ACTS, type Known } from "./acts.ts";
import { judgeConsidered } from "./answers.ts";
import { send } from "./client.ts";
import { type Ground, ground as newGround } from "./ground.ts";
import { heal, look } from "./heal.ts";
import { type Fault, type Invariant, Violation } from "./invariants.ts";
import type { Opening } from "./opening.ts";
import { receiver } from "./receiver.ts";
import { type ActName, drawSteps, pick, type Step, type TroubleName } from "./steps.ts";
import { TROUBLES } from "./troubles.ts";

export interface Failure {
  readonly invariant: Invariant | "unexpected";
  readonly detail: string;
  /** Index of the step after which it showed. */
  readonly step: number;
  readonly cause: Error;
}

export interface Run {
  readonly seed: number;
  readonly steps: number;
  readonly failure: Failure | null;
  readonly faults: ReadonlyMap<Fault, number>;
  readonly invariants: ReadonlyMap<Invariant, number>;
  readonly entries: number;
  readonly virtualMilliseconds: number;
  /** What the log came to: two runs of one seed end alike. */
  readonly digest: string;
}

/** Runs the steps of a seed, or those that are left of them. */
export async function run(opening: Opening, seed: number, steps: readonly Step[]): Promise<Run> {
  const ground = newGround(opening, seed);
  const known: Known = { sessions: [], optOuts: [], locks: [] };
  let failure: Failure | null = null;
  let done = 0;
  try {
    for (const node of ground.nodes) ground.start(node);
    await ground.time.pass(100);
    const reader = receiver(ground);
    for (const step of steps) {
      await take(ground, step, known);
      if (done % 4 === 0) reader.poll();
      await ground.time.pass(step.wait);
      inspect(ground, step, known);
      done += 1;
    }
    await heal(ground);
    await look(ground);
    for (const { what, holds } of ground.acknowledged)
      ground.rules.check(
        "no acknowledged write lost",
        holds(ground.truth),
        () => `the ${what} was acknowledged and is gone`,
      );
    settle(ground);
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    failure = {
      invariant: error instanceof Violation ? error.invariant : "unexpected",
      detail: error.message,
      step: done,
      cause: error,
    };
  }
  for (const node of ground.nodes) ground.kill(node);
  return {
    seed,
    steps: done,
    failure,
    faults: ground.faults,
    invariants: ground.rules.counts,
    entries: ground.truth.size,
    virtualMilliseconds: Math.round(ground.time.now()),
    digest: ground.db.contents().head?.batch ?? "",
  };
}

export function runSeed(opening: Opening, seed: number, steps: number): Promise<Run> {
  return run(opening, seed, drawSteps(seed, steps));
}

async function take(ground: Ground, { what, node: at, picks }: Step, known: Known): Promise<void> {
  const node = pick(ground.nodes, at);
  if (node === null) return;
  if (what in ACTS) send(ground, node, what as ActName, picks, known);
  else await TROUBLES[what as TroubleName](ground, node, picks);
}

/** What must hold after every step, on every node. */
function inspect(ground: Ground, { picks }: Step, known: Known): void {
  const session = pick(known.sessions, picks.d);
  if (session !== null)
    for (const node of ground.nodes) judgeConsidered(ground, node, session.id, "/reports/a");
  // Until the loss is recorded, whoever saw a session end has it from a log that does not say so any more.
  if (ground.lossOpen)
    for (const node of ground.nodes)
      for (const ended of node.sawSessionsEnd) judgeConsidered(ground, node, ended, "/reports/a");
  const promised = pick(ground.acknowledged, picks.c);
  if (promised !== null)
    ground.rules.check(
      "no acknowledged write lost",
      promised.holds(ground.truth),
      () => `the ${promised.what} was acknowledged and is gone`,
    );
  settle(ground);
}

function settle(ground: Ground): void {
  ground.rules.settle();
  if (ground.broken !== null) throw ground.broken;
}
