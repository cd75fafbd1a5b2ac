import {
  type Answered,
  answered,
  decide,
  entityKey,
  formatInstant,
  type Instant,
  type Policy,
  type Result,
  refuse,
  type Tally,
  tally,
  widens,
} from "@postern/core";
import { needScope } from "../access.ts";
import type { Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { DecisionLog } from "../decisions/decision-log.ts";
import { fromLog } from "../decisions/read-log.ts";
import { type Recorded, restored } from "../decisions/recorded.ts";
import type { Directory } from "../entities/directory.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { queue, withTurn } from "../search/queue.ts";
import { slices } from "../search/slices.ts";
import type { SimulationService } from "../service.ts";
import type { ActivePolicy } from "./active-policy.ts";
import { compiledCandidate, MOST_TOLD } from "./candidate.ts";
import { changeText } from "./change-text.ts";
import { compareInSlices } from "./compile-in-slices.ts";
import { revisionsOfSpan } from "./revisions-of-span.ts";
import { asOfNow, asRecorded, type Stage } from "./simulation-facts.ts";
import { fateOfAll } from "./simulation-fates.ts";
import { fromFile, readingOf } from "./simulation-file.ts";
import { rescoring } from "./simulation-risk.ts";
import { type Span, spanOf, USUAL_SPAN } from "./simulation-span.ts";
import type { NotReplayed, SimulationAsk, SimulationEvent, SimulationReport } from "./simulation-views.ts";

/** Simulations at once on a node; whoever comes then is told to come back. */
const MOST_AT_ONCE = 2;
const LONGEST_MS = 120_000;
/** Whoever asks meanwhile waits for one of these at most: as short as lets a hundred thousand be done in seconds. */
const SLICE_MS = 2;
const USUAL_LIMIT = 100_000;
const MOST_REPLAYED = 1_000_000;
const TELL_EVERY_MS = 250;
const FIRST_FOUND = 20;
const GROUPS_TOLD = 50;

export function simulationService(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly clock: ControlClock;
  readonly directory: Directory;
  readonly log: DecisionLog;
  readonly active: () => ActivePolicy;
  readonly policyOf: (revision: string) => Promise<Policy | null>;
}): SimulationService {
  const { world, state, clock, active } = parts;
  const turns = queue(MOST_AT_ONCE, 0);

  return {
    async run(caller, ask) {
      const allowed = mayTry(caller);
      if (!allowed.ok) return allowed;
      const span = spanOf(ask, clock.now().latest, ask.lines === undefined ? USUAL_SPAN : null);
      if (!span.ok) return span;
      const turn = await turns.take();
      if (turn === null)
        return refuse(problem("busy", `at most ${MOST_AT_ONCE} simulations run at once on a node`));
      try {
        const candidate = await compiledCandidate(ask.candidate, parts);
        if (!candidate.ok) {
          turn();
          return candidate;
        }
        return { ok: true, value: withTurn(turn, replay(candidate.value, ask, span.value)) };
      } catch (cause) {
        turn();
        throw cause;
      }
    },
  };

  async function* replay(
    candidate: ActivePolicy,
    ask: SimulationAsk,
    span: Span,
  ): AsyncGenerator<SimulationEvent> {
    const cut = slices(world, SLICE_MS);
    const base = active();
    const now = clock.now();
    const limit = Math.min(ask.limit ?? USUAL_LIMIT, MOST_REPLAYED);
    const told = { since: formatInstant(span.since), until: formatInstant(span.until) };
    yield { event: "started", facts: ask.facts, ...told };

    const counts = tally();
    const madeOn = new Map<string, number>();
    const missing = new Map<NotReplayed, number>();
    const miss = (reason: NotReplayed): void => {
      missing.set(reason, (missing.get(reason) ?? 0) + 1);
    };
    const revisions = revisionsOfSpan(base, parts.policyOf);
    const today = asOfNow({ state, directory: parts.directory, now });
    const about = ask.subject === undefined ? null : entityKey(ask.subject);
    const scores = rescoring();
    let shown = 0;
    let lastTold = 0;
    let reached: Instant | null = null;
    let ended: SimulationReport["ended"] = "all";

    const reading = readingOf();
    const source = ask.lines === undefined ? fromLog(parts, span) : fromFile(ask.lines, span, reading, parts);
    for await (const read of source) {
      if (ask.gone()) return;
      if (read.kind === "unread") {
        miss(read.reason);
        continue;
      }
      if (cut.elapsed() >= LONGEST_MS) {
        ended = "time";
        break;
      }
      if (counts.decisions() >= limit) {
        ended = "limit";
        break;
      }
      const { recorded } = read;
      if (reached === null || recorded.now.latest < reached) reached = recorded.now.latest;
      const { subject, resource } = recorded.asked;
      if (about !== null && (subject === null || entityKey(subject) !== about)) continue;
      if (ask.outcome !== undefined && recorded.outcome !== ask.outcome) continue;
      if (!ask.mayTell(resource)) {
        miss("not_yours");
        continue;
      }
      const found = revisions(recorded.revision);
      const made = found instanceof Promise ? await found : found;
      const before =
        made === null
          ? "revision_gone"
          : ask.facts === "now"
            ? answerOf(today(scores.under(recorded, made, base.policy), base.policy), base.policy)
            : answerThen(recorded, made);
      if (made === null || typeof before === "string") {
        miss(typeof before === "string" ? before : "revision_gone");
        continue;
      }
      const anew = scores.under(recorded, made, candidate.policy, true);
      const stage =
        ask.facts === "now" ? today(anew, candidate.policy) : asRecorded(anew, candidate.policy, state);
      const after = answerOf(stage, candidate.policy);
      madeOn.set(recorded.revision, (madeOn.get(recorded.revision) ?? 0) + 1);
      const { effect } = counts.add({ id: recorded.id, request: stage.request, before, after });
      if (shown < FIRST_FOUND && widens(effect)) {
        shown += 1;
        yield {
          event: "found",
          decision: recorded.id,
          effect,
          before: before.outcome,
          after: after.outcome,
          subject: subject === null ? null : entityKey(subject),
          action: recorded.asked.action,
          resource: entityKey(resource),
        };
      }
      const rest = cut.next();
      if (rest === null) continue;
      await rest;
      if (cut.elapsed() - lastTold < TELL_EVERY_MS) continue;
      lastTold = cut.elapsed();
      yield {
        event: "progress",
        ...progressOf(counts),
        done: ask.lines === undefined ? doneOf(span, reached, counts, limit) : ask.lines.done(),
      };
    }

    const { wider } = await compareInSlices(base.policy, candidate.policy, world);
    const { latest } = clock.now();
    const optOuts = await fateOfAll({ base, candidate, wider, state, latest, cut, gone: ask.gone });
    if (ask.gone()) return;
    const blast = counts.report(GROUPS_TOLD);
    yield { event: "progress", ...progressOf(counts), done: 1 };
    yield {
      event: "report",
      report: {
        ...blast,
        revision: candidate.id,
        active: base.id,
        facts: ask.facts,
        ...told,
        ended,
        reached: ended === "all" || reached === null ? null : formatInstant(reached),
        file: ask.lines === undefined ? null : reading.report(),
        notReplayed: [...missing].map(([reason, count]) => ({ reason, count })),
        madeOn: [...madeOn].map(([revision, decisions]) => ({ revision, decisions })),
        risk: scores.report(),
        optOuts,
        wider: wider.slice(0, MOST_TOLD).map(changeText),
        widerTotal: wider.length,
        widens: blast.unprotected.decisions > 0 || optOuts.reachMore > 0 || wider.length > 0,
        milliseconds: Math.round(cut.elapsed()),
      },
    };
  }
}

/** Whoever tries a policy out reads what people did: both rights are needed. */
export function mayTry(caller: Caller): Result<null, Problem> {
  const writes = needScope(caller, "policy.write", "policy.activate");
  return writes.ok ? needScope(caller, "explain") : writes;
}

function answerOf(stage: Stage, policy: Policy): Answered {
  return answered(decide(stage.request, stage.facts, policy, stage.now), policy);
}

/** What was answered then, which must come out again. */
function answerThen(recorded: Recorded, made: Policy): Answered | "not_reproduced" {
  const { request, facts } = restored(recorded, made);
  const before = answerOf({ request, facts, now: recorded.now }, made);
  return before.outcome === recorded.outcome ? before : "not_reproduced";
}

function progressOf(counts: Tally): { decisions: number; changed: number; unprotected: number } {
  return {
    decisions: counts.decisions(),
    changed: counts.changed(),
    unprotected: counts.unprotected(),
  };
}

function doneOf(span: Span, reached: Instant, counts: Tally, limit: number): number {
  const time = (span.until - reached) / Math.max(1, span.until - span.since);
  return Math.min(0.99, Math.max(time, counts.decisions() / limit, 0));
}
