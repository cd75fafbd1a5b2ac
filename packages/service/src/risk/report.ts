import {
  type Concern,
  concernCovers,
  type Decision,
  type EntityRef,
  earlier,
  formatInstant,
  markThatCounts,
  milliseconds,
  type Outcome,
  type Policy,
  plus,
  type RiskAnatomy,
  refuse,
  riskAnatomy,
} from "@postern/core";
import { needScope } from "../access.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { DecisionLog } from "../decisions/decision-log.ts";
import { fromLog } from "../decisions/read-log.ts";
import { type Recorded, restored } from "../decisions/recorded.ts";
import { askedLevel, CHALLENGE_SPAN } from "../marks/challenge.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import { revisionsOfSpan } from "../policy/revisions-of-span.ts";
import { type Span, spanOf } from "../policy/simulation-span.ts";
import type { NotReplayed } from "../policy/simulation-views.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import { queue } from "../search/queue.ts";
import { slices } from "../search/slices.ts";
import type { RiskReportService } from "../service.ts";
import { type Part, type ReportTally, reportTally } from "./report-tally.ts";
import { type Sweeps, sweeps } from "./report-thresholds.ts";
import { type Trails, trails } from "./report-trail.ts";
import type { RiskReportAsk, RiskReportView } from "./report-views.ts";

const MOST_AT_ONCE = 1;
/** Below what a client waits for an answer. */
const LONGEST_MS = 8_000;
/** How long the deciding thread is held at a time. */
const SLICE_MS = 2;
const MOST_READ = 100_000;
const HOUR = milliseconds(CHALLENGE_SPAN);
const USUAL_SPAN = 7 * 24 * 3_600_000;
/** With fewer marks than this nothing is said of the part that they are about. */
const FEWEST_MARKS = 20;

export function riskReportService(parts: {
  readonly world: World;
  readonly store: Pick<Store, "sheets">;
  readonly state: State;
  readonly clock: ControlClock;
  readonly log: DecisionLog;
  readonly active: () => ActivePolicy;
  readonly policyOf: (revision: string) => Promise<Policy | null>;
}): RiskReportService {
  const { world, state, clock } = parts;
  const turns = queue(MOST_AT_ONCE, 0);

  return {
    async read(caller, ask) {
      const allowed = needScope(caller, "explain");
      if (!allowed.ok) return allowed;
      const span = spanOf(ask, clock.now().latest, USUAL_SPAN);
      if (!span.ok) return span;
      const turn = await turns.take();
      if (turn === null) return refuse(problem("busy", "one report on risk is made at a time on a node"));
      try {
        return { ok: true, value: await made(ask, span.value) };
      } finally {
        turn();
      }
    },
  };

  async function made(ask: RiskReportAsk, span: Span): Promise<RiskReportView> {
    const cut = slices(world, SLICE_MS);
    const base = parts.active();
    const revisions = revisionsOfSpan(base, parts.policyOf);
    const counting: Counting = {
      state,
      now: clock.now().latest,
      trails: trails((ref) => concernsOf(state, ref)),
      tally: reportTally(),
      sweeps: sweeps(base.policy),
    };
    const missing = new Map<NotReplayed, number>();
    const miss = (reason: NotReplayed): void => {
      missing.set(reason, (missing.get(reason) ?? 0) + 1);
    };
    let [decisions, visitors] = [0, 0];
    let reached = span.until;
    let ended: RiskReportView["ended"] = "all";
    // What was done in the hour after says what became of the last challenges.
    const after = { since: span.since, until: earlier(plus(span.until, HOUR), counting.now) };
    for await (const read of fromLog(parts, after)) {
      if (ask.gone()) break;
      if (read.kind === "unread") {
        miss(read.reason);
        continue;
      }
      if (cut.elapsed() >= LONGEST_MS || decisions >= MOST_READ) {
        ended = decisions >= MOST_READ ? "limit" : "time";
        break;
      }
      const { recorded } = read;
      if (recorded.now.latest < reached) reached = recorded.now.latest;
      const rest = cut.next();
      if (rest !== null) await rest;
      if (!ask.mayTell(recorded.asked.resource)) {
        miss("not_yours");
        continue;
      }
      const found = revisions(recorded.revision);
      const policy = found instanceof Promise ? await found : found;
      const anatomy = policy === null ? null : anatomyOf(recorded, policy);
      if (anatomy === null) miss("revision_gone");
      else if (anatomy.decision.outcome !== recorded.outcome) miss("not_reproduced");
      else if (recorded.now.latest > span.until) noted(counting, recorded);
      else {
        decisions += 1;
        if (recorded.subject !== null) counted(counting, recorded, anatomy);
        else if (recorded.outcome === "challenge") visitors += 1;
      }
    }
    return {
      since: formatInstant(span.since),
      until: formatInstant(span.until),
      ended,
      reached: ended === "all" ? null : formatInstant(reached),
      decisions,
      visitors,
      notRead: [...missing].map(([reason, count]) => ({ reason, count })),
      risk: counting.tally.risk(),
      always: counting.tally.always(),
      parts: counting.tally.parts(FEWEST_MARKS),
      signals: signalsOf(state, span),
      thresholds: counting.sweeps.report(FEWEST_MARKS),
      fewestMarks: FEWEST_MARKS,
      milliseconds: Math.round(cut.elapsed()),
    };
  }
}

interface Counting {
  readonly state: State;
  readonly now: Span["until"];
  readonly trails: Trails;
  readonly tally: ReportTally;
  readonly sweeps: Sweeps;
}

/** What a decision shows of its person, for those before it. */
function noted({ trails: all, state }: Counting, { subject, session, device, now }: Recorded): void {
  if (subject === null) return;
  const at = now.latest;
  const raised = [
    ...(subject.concerns ?? []),
    ...(device?.concerns ?? []),
    ...(device === null ? [] : concernsOf(state, device.ref)),
  ];
  all.note(all.of(subject.ref, at), at, session?.subject === subject.ref ? session : null, raised);
}

function anatomyOf(recorded: Recorded, policy: Policy): RiskAnatomy {
  const { request, facts } = restored(recorded, policy);
  return riskAnatomy(request, facts, policy, recorded.now);
}

const STRICTNESS: Readonly<Record<Outcome, number>> = { permit: 0, honour: 0, challenge: 1, deny: 2 };

/** One decision, told after all that came later of its person. */
function counted(
  counting: Counting,
  recorded: Recorded & { readonly id: string },
  anatomy: RiskAnatomy,
): void {
  const { subject, session } = recorded;
  if (subject === null) return;
  const { state, now, trails: all, tally, sweeps: tried } = counting;
  const { decision } = anatomy;
  const { outcome } = decision;
  const at = recorded.now.latest;
  // What was proved before it does not meet it, so that it may show its own.
  noted(counting, recorded);
  const trail = all.of(subject.ref, at);
  const asked = askedLevel(decision);
  if (outcome === "permit" || outcome === "honour") {
    tried.add(anatomy, trail, { at, outcome, byRisk: false, counts: false, mark: null, alarmed: false });
    return;
  }
  // A challenge that only asks for access is met by somebody else.
  if (outcome === "challenge" && asked === null) return;
  const moment = { at, session: session?.subject === subject.ref ? session : null };
  const said = markThatCounts(state.marked(recorded.id)?.marks ?? [])?.as ?? null;
  const later = all.goOn(trail, outcome, moment, said !== null);
  const counts = later === null;
  const mark = later?.marked === true ? null : said;
  const met = asked !== null && all.met(trail, moment, asked);
  const end = met ? "met" : now - at <= CHALLENGE_SPAN ? "open" : "abandoned";
  const alarmed = all.alarmed(trail, at);
  const byRisk = STRICTNESS[anatomy.atLow()] < STRICTNESS[outcome];
  const led: readonly Part[] = [...(byRisk ? partsOf(anatomy) : []), ...signalParts(recorded, decision)];
  tally.add(led, { kind: outcome, counts, end, mark, alarmed });
  tried.add(anatomy, trail, { at, outcome, byRisk, counts, mark, alarmed });
}

/** Where nothing that is known speaks against it, it is that the risk is not known. */
function partsOf({ parts }: RiskAnatomy): readonly Part[] {
  const found = parts();
  return found.length > 0 ? found : [{ kind: "factor", name: "unknown" }];
}

/** The SignalRules that held back an opt-out which would have been looked at. */
function signalParts(recorded: Recorded, { notHonoured }: Decision): readonly Part[] {
  const held = notHonoured.filter(({ reason }) => reason === "suspended_by_signal");
  if (held.length === 0) return [];
  const raised = [...(recorded.subject?.concerns ?? []), ...(recorded.device?.concerns ?? [])];
  const optOuts = recorded.optOuts.filter(({ optOut }) => held.some((one) => one.optOut === optOut.id));
  return raised
    .filter((concern) => optOuts.some(({ optOut }) => concernCovers(concern, optOut)))
    .map(({ rule }) => ({ kind: "signal", name: rule }));
}

function concernsOf(state: State, ref: EntityRef): readonly Concern[] {
  return state.entity(ref)?.concerns ?? [];
}

function signalsOf(state: State, { since, until }: Span): RiskReportView["signals"] {
  const counts = new Map<string, { unneeded: number; right: number }>();
  for (const { rules, marks } of state.markedSignals()) {
    const mark = markThatCounts(marks);
    if (mark === null || mark.at < since || mark.at > until) continue;
    for (const rule of rules) {
      const found = counts.get(rule) ?? { unneeded: 0, right: 0 };
      found[mark.as] += 1;
      counts.set(rule, found);
    }
  }
  return [...counts].map(([name, found]) => ({ name, ...found }));
}
