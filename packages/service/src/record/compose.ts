import { type Instant, makeId, type OptOutId, type Result, refuse } from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import { type Problem, problem } from "../problem.ts";
import { type Builder, type BuilderParts, batchBuilder, type Composed } from "./batch-builder.ts";
import { callerGone, callerTouches } from "./caller-gone.ts";
import type { Command, Draft, Honoured, PendingHonour } from "./command.ts";
import type { Fault } from "./fault.ts";

export interface QueuedCommand {
  readonly command: Command<unknown>;
  readonly settle: (result: Result<unknown, Problem>) => void;
}

export interface QueuedHonour {
  readonly pending: PendingHonour;
  readonly settle: (result: Honoured) => void;
}

/** What waits to be recorded. Composing takes out of it, and puts back what must be decided again. */
export interface Queue {
  readonly commands: QueuedCommand[];
  readonly honours: QueuedHonour[];
}

/** Fills a batch without starving whoever waits; see the measurements in the design. */
export const MOST_COMMANDS = 128;
const MOST_HONOURS = 512;

const CLOCK_DOUBT =
  "this node's clock is in doubt; nothing is recorded until it agrees again or an administrator accepts the time";

interface Composing extends BuilderParts {
  readonly queue: Queue;
  readonly clock: ControlClock;
  /** Why nothing can be recorded; null: it can. */
  readonly fault: () => Fault | null;
}

/** What becomes of those whose part is in the batch. */
interface Waiting {
  readonly settled: (() => void)[];
  readonly failed: ((why: Problem) => void)[];
}

/** The next batch out of what waits, decided on the state as it is; null: there was nothing to record. */
export function composer(parts: Composing): (under: Composed | null) => Composed | null {
  const { queue, clock, tip, pool } = parts;

  function compose(under: Composed | null, waiting: Waiting): Composed | null {
    const distrusted = clock.doubt()?.kind === "distrusted";
    const inDoubt = parts.fault() !== null || distrusted;
    // A stamp moves time on for good: one of a clock in doubt would.
    const at = inDoubt ? clock.now().latest : clock.stamp();
    const id = makeId("bat", pool.take(16));
    const build = batchBuilder(parts, at, under);
    const honours = takeHonours(queue.honours, { build, at, inDoubt, waiting });
    const { taken, touched, newEpoch } = takeCommands(parts, {
      build,
      at,
      distrusted,
      inDoubt,
      under,
      waiting,
    });
    if (build.empty()) return null;
    return build.finish(id, newEpoch ?? tip.epoch, {
      touched,
      settle() {
        for (const run of waiting.settled) run();
      },
      fail(why) {
        for (const run of waiting.failed) run(why);
      },
      requeue() {
        queue.honours.unshift(...honours);
        queue.commands.unshift(...taken);
      },
    });
  }

  return (under) => {
    const waiting: Waiting = { settled: [], failed: [] };
    try {
      return compose(under, waiting);
    } catch {
      // A fault of ours, not of whoever asked: everything that was taken out of the queue is answered.
      for (const fail of waiting.failed)
        fail(problem("internal", "the request failed in an unexpected way; nothing was changed"));
      return null;
    }
  };
}

/** Honours come first in a batch: each was decided on the state before it, as if it had happened then. */
function takeHonours(
  queue: QueuedHonour[],
  on: { readonly build: Builder; readonly at: Instant; readonly inDoubt: boolean; readonly waiting: Waiting },
): readonly QueuedHonour[] {
  const { build, at, inDoubt, waiting } = on;
  const pendingUses = new Map<OptOutId, number>();
  const accepted: QueuedHonour[] = [];
  for (const one of queue.splice(0, MOST_HONOURS)) {
    if (inDoubt || !one.pending.still((id) => pendingUses.get(id) ?? 0)) {
      one.settle({ ok: false, why: inDoubt ? "unavailable" : "changed" });
      continue;
    }
    for (const id of one.pending.optOuts) pendingUses.set(id, (pendingUses.get(id) ?? 0) + 1);
    accepted.push(one);
    waiting.failed.push(() => one.settle({ ok: false, why: "unavailable" }));
  }
  if (accepted.length === 0) return accepted;
  const honours = accepted.map(({ pending: { decision, optOuts, revision, who, session } }) => ({
    decision,
    optOuts,
    revision,
    who,
    session,
  }));
  const index = build.add({
    event: { type: "decision.honoured", honours },
    by: { person: null, via: "system" },
  });
  accepted.forEach(({ settle }, position) => {
    waiting.settled.push(() => settle({ ok: true, index, position, at }));
  });
  return accepted;
}

interface Taken {
  readonly taken: readonly QueuedCommand[];
  readonly touched: ReadonlySet<string>;
  /** Null: it goes on in the same. */
  readonly newEpoch: number | null;
}

/** What touches the same thing as another command of the batch waits for the next one. */
function takeCommands(
  { queue: { commands }, fault, state }: Composing,
  on: {
    readonly build: Builder;
    readonly at: Instant;
    readonly distrusted: boolean;
    readonly inDoubt: boolean;
    readonly under: Composed | null;
    readonly waiting: Waiting;
  },
): Taken {
  const { build, at, distrusted, inDoubt, under, waiting } = on;
  const taken: QueuedCommand[] = [];
  const touched = new Set<string>(under?.touched);
  const later: QueuedCommand[] = [];
  let [count, full] = [0, false];
  let newEpoch: number | null = null;
  while (commands.length > 0 && count < MOST_COMMANDS && !full) {
    const one = commands.shift();
    if (one === undefined) break;
    const { command } = one;
    // A loss is accepted while everything else is kept waiting for it; a doubtful clock stamps nothing, and nothing
    // follows a fence.
    const fenced = fault()?.kind === "fenced";
    if (distrusted || fenced || (inDoubt && command.evenInDoubt !== true)) {
      one.settle(refuse(problem("node.doubt", fault()?.detail ?? CLOCK_DOUBT)));
      continue;
    }
    const alone = command.newEpoch !== undefined || command.isLast === true;
    if (alone && (under !== null || !build.empty())) {
      later.push(one, ...commands.splice(0));
      break;
    }
    const touches = [...command.touches, ...(command.alsoTouches?.(state) ?? [])];
    // What ends the caller touches them: whether they still count is decided after it.
    const caller = callerTouches(command.by, state);
    if (caller.some((key) => touched.has(key))) {
      later.push(one);
      continue;
    }
    if (touches.some((key) => touched.has(key))) {
      later.push(one);
      continue;
    }
    count += 1;
    const gone = callerGone(command.by, state, at);
    if (gone !== null) {
      one.settle(refuse(gone));
      continue;
    }
    const result = attempt(() => command.run(state, at, build.next()));
    if (!result.ok) {
      one.settle(result);
      continue;
    }
    for (const key of touches) touched.add(key);
    const draft = result.value;
    taken.push(one);
    waiting.failed.push((why) => one.settle(refuse(why)));
    const first = build.take(draft);
    waiting.settled.push(() => one.settle({ ok: true, value: draft.done(first) }));
    newEpoch = command.newEpoch ?? null;
    full = alone;
  }
  commands.unshift(...later);
  return { taken, touched, newEpoch };
}

function attempt(run: () => Result<Draft<unknown>, Problem>): Result<Draft<unknown>, Problem> {
  try {
    return run();
  } catch {
    return refuse(problem("internal", "the request failed in an unexpected way; nothing was changed"));
  }
}
