import {
  type Answered,
  answered,
  type Decision,
  type DecisionId,
  type DecisionRequest,
  decide,
  deviceIsTrusted,
  explain,
  formatInstant,
  hasEnded,
  isId,
  makeId,
  type Now,
  type OptOutId,
  type Policy,
  type ReasonCode,
  type RevisionId,
  refuse,
  type Session,
  type SessionId,
  sessionIsLive,
  timeOrdered,
  timeouts,
  withOwnLimits,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { Doubts } from "../node/doubt.ts";
import type { ActivePolicy } from "../policy/active-policy.ts";
import type { DecisionRecord, Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import type { RiskState } from "../risk/risk.ts";
import type { RandomPool } from "../seal/box.ts";
import type { Answer, DecisionService, Question } from "../service.ts";
import type { ActivityLog } from "../sessions/activity.ts";
import type { DecisionView, WhyView } from "../views.ts";
import type { Budget, Budgets } from "./budget.ts";
import type { DecisionLog } from "./decision-log.ts";
import { decisionView } from "./decision-view.ts";
import { decisionExport } from "./export.ts";
import { type Posed, pose } from "./question.ts";
import { type Made, madeOf, type Recorded, restored } from "./recorded.ts";

/** Why an opt-out from time-out is refused that would count again once the risk or the doubt is gone. */
const WITHHELD: ReadonlySet<ReasonCode> = new Set([
  "risk_too_high",
  "risk_unknown",
  "suspended_by_signal",
  "state_not_held",
  "condition_false",
]);

/** An honour whose ground changed is decided again; after this many changes the full control applies. */
const MOST_TRIES = 3;

export function decisionService(parts: {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly clock: ControlClock;
  readonly doubts: Doubts;
  readonly writer: Writer;
  readonly directory: Directory;
  readonly log: DecisionLog;
  readonly budgets: Budgets;
  readonly pool: RandomPool;
  readonly active: () => ActivePolicy;
  readonly risk: Pick<RiskState, "facts">;
  readonly activity: Pick<ActivityLog, "isDoubtful" | "ask" | "note">;
  /** Keeps the SessionProfiles that risk brought upon a session. */
  readonly shorten: (session: SessionId, profiles: readonly string[]) => void;
  /** Records the end of a session that its opt-out carries no further. */
  readonly endForGood: (session: Session) => void;
  /** Given every decision that was made, and what it answered when asked. */
  readonly made: (made: Made, before: () => Answered) => void;
  /** Counts what was asked for, and whether anything governed it. */
  readonly seen: (request: DecisionRequest, decision: Decision) => void;
  /** The policy of a revision, whether or not it is in force; null: unknown. */
  readonly policyOf: (revision: string) => Promise<Policy | null>;
}): DecisionService {
  const { world, state, clock, doubts, writer, directory, log, budgets, pool } = parts;
  const listeners = new Set<(decision: DecisionView) => void>();
  const none = (_: OptOutId): number => 0;

  interface Judged extends Posed {
    readonly active: ActivePolicy;
    readonly decision: Decision;
    readonly now: Now;
  }

  function posed(
    question: Question,
    doubt: ReasonCode | null,
    pending: (optOut: OptOutId) => number,
  ): Posed & Pick<Judged, "active" | "now"> {
    const active = parts.active();
    const now = clock.now();
    const found = pose(question, active, {
      state,
      directory,
      doubt,
      latest: now.latest,
      risk: parts.risk,
      uses: (optOut) => (state.uses(optOut)?.used ?? 0) + pending(optOut),
      budgetSpent: (offer, network) => budgets.spent(offer, budgetOf(active, offer), network),
    });
    return { ...found, active, now };
  }

  function judge(
    question: Question,
    doubt: ReasonCode | null,
    pending: (optOut: OptOutId) => number,
  ): Judged {
    const { request, facts, held, active, now } = posed(question, doubt, pending);
    return { request, facts, held, active, now, decision: decide(request, facts, active.policy, now) };
  }

  function answer(
    id: DecisionId,
    question: Question,
    judged: Judged,
    started: number,
    entry: Answer["entry"],
  ): Answer {
    const { decision, request, facts, held, active, now } = judged;
    const micros = Math.max(0, Math.round((world.monotonic() - started) * 1000));
    const revision = active.id ?? "none";
    let view: DecisionView | null = null;
    const viewOf = (): DecisionView => {
      view ??= decisionView({
        id,
        at: now.latest,
        decision,
        request,
        revision,
        micros,
        entry,
        optOut: state.optOuts.get,
      });
      return view;
    };
    const made = madeOf(
      { id, question, request, facts, held, decision, now, revision, micros, entry },
      { state, directory },
    );
    log.add(made);
    if (question.active === true) noteActive(question, judged);
    if (facts.session !== null && isWithheld(judged)) parts.endForGood(facts.session);
    if (decision.shortens !== undefined && facts.session !== null)
      parts.shorten(facts.session.id, decision.shortens);
    parts.made(made, () => answered(decision, active.policy));
    parts.seen(request, decision);
    if (listeners.size > 0) for (const listener of listeners) listener(viewOf());
    return {
      id,
      at: now.latest,
      decision,
      revision: active.id ?? "none",
      entry,
      subject: request.subject,
      session: facts.session,
      view: viewOf,
    };
  }

  /**
   * Whether a session would have ended, and what carried it is refused for what is true of its person or of the risk:
   * then it has ended, and does not go on when that is over.
   */
  function isWithheld({ decision, facts, active, now }: Judged): boolean {
    const { session } = facts;
    if (session === null || session.revokedAt !== null) return false;
    if (
      !decision.notHonoured.some(
        ({ control, reason }) => control === "session-timeout" && WITHHELD.has(reason),
      )
    )
      return false;
    if (decision.waived.some(({ requirement }) => requirement.control === "session-timeout")) return false;
    const { inactivityEndsAt } = withOwnLimits({ ...session, inactivityEndsAt: null }, active.policy);
    return inactivityEndsAt !== null && now.latest >= inactivityEndsAt;
  }

  /** What is let through without asking for a session keeps none alive that is over. */
  function noteActive({ network }: Question, { decision, facts, now }: Judged): void {
    const { session } = facts;
    const through = decision.outcome === "permit" || decision.outcome === "honour";
    const own = session !== null && session.subject === facts.subject?.ref;
    if (through && own && sessionIsLive(session, now.latest)) parts.activity.note(session, network ?? null);
  }

  async function honour(first: DecisionId, question: Question, at: Judged, started: number): Promise<Answer> {
    let [id, judged] = [first, at];
    for (let tries = 0; tries < MOST_TRIES && judged.decision.outcome === "honour"; tries++) {
      const optOuts = [...new Set(judged.decision.waived.map(({ optOut }) => optOut))];
      const visit = question.visit ?? null;
      let spent = false;
      const who = judged.facts.subject?.ref ?? visit ?? makeId("vis", pool.take(16));
      const honoured = await writer.honour({
        decision: id,
        optOuts,
        // Of the judgement that stands when it is recorded: it may be decided again under another revision.
        get revision() {
          return judged.active.id ?? ("none" as RevisionId);
        },
        who,
        session: judged.facts.session?.id ?? null,
        still(pending) {
          const again = judge(question, doubts.current()?.reason ?? null, pending);
          const same =
            again.decision.outcome === "honour" &&
            again.decision.waived.every(({ optOut }) => optOuts.includes(optOut));
          if (!same) return false;
          judged = again;
          // Spent here, where one honour is taken after the other: at the answer, all that wait would still find
          // it unspent. What then cannot be recorded stays spent; what is decided again after another node's
          // appends is spent once.
          if (spent) return true;
          spent = true;
          for (const { offer } of again.decision.waived)
            budgets.spend(offer, budgetOf(again.active, offer), question.network ?? null);
          return true;
        },
      });
      // A process that was stopped while its record was under way comes back to a world in which the opt-out may
      // have ended: past the lease, or past its end, the record alone lets nothing through.
      const standing = doubts.current()?.reason ?? null;
      if (honoured.ok && stillStands(judged))
        return answer(id, question, judged, started, { index: honoured.index, position: honoured.position });
      // INVARIANT: one entry for one decision. What was recorded and came too late is not recorded again.
      if (honoured.ok) id = newId();
      const doubt = !honoured.ok && honoured.why === "unavailable" ? "recording_unavailable" : standing;
      judged = judge(question, doubt, none);
    }
    // Law 4: no record, no waiver. What is left is the answer without one.
    if (judged.decision.outcome === "honour") judged = judge(question, "recording_unavailable", none);
    return answer(id, question, judged, started, null);
  }

  /**
   * Recording may have taken long: the answer of the database may come after the lease or after the end of what is
   * honoured, and others may count on both.
   */
  function stillStands({ decision, facts, now }: Judged): boolean {
    if (doubts.current() !== null) return false;
    const { latest } = clock.now();
    if (facts.session !== null && !sessionIsLive(facts.session, latest)) return false;
    const who = facts.subject?.ref ?? null;
    const rested = facts.device !== null && deviceIsTrusted(facts.device, who, now.latest);
    if (rested && facts.device !== null && !deviceIsTrusted(facts.device, who, latest)) return false;
    return decision.waived.every(({ optOut }) => {
      const found = state.optOuts.get(optOut);
      return found !== undefined && !hasEnded(found, latest);
    });
  }

  function newId(): DecisionId {
    return makeId("dec", timeOrdered(clock.now().latest, pool.take(10)));
  }

  function made(question: Question): Answer | Promise<Answer> {
    const started = world.monotonic();
    const id = newId();
    const judgement = judge(question, doubts.current()?.reason ?? null, none);
    return judgement.decision.outcome === "honour"
      ? honour(id, question, judgement, started)
      : answer(id, question, judgement, started, null);
  }

  return {
    decide(question) {
      const { session } = question;
      if (session === null || !parts.activity.isDoubtful(session)) return made(question);
      // Another node may know that somebody was at it, or this one did before it restarted.
      return parts.activity.ask(session).then(() => made(question));
    },
    async timeouts(question) {
      const { session } = question;
      if (session !== null && parts.activity.isDoubtful(session)) await parts.activity.ask(session);
      const { request, facts, active, now } = posed(question, doubts.current()?.reason ?? null, none);
      const found = timeouts(request, facts, active.policy, now);
      if (found !== null && found.applied.shortens.length > 0)
        parts.shorten(found.session.id, found.applied.shortens);
      return { timeouts: found, session: facts.session, now };
    },
    consider(question) {
      const { decision, request, facts, active, now } = judge(
        question,
        doubts.current()?.reason ?? null,
        none,
      );
      return { decision, explanation: () => explain(decision, request, facts, active.policy, now) };
    },
    async why(id) {
      await log.flush();
      const record = await parts.store.decision(id as DecisionId);
      const told = record === null ? null : await tell(record, log.reader());
      return told === null
        ? refuse(
            problem(
              "not_found",
              `there is no decision \`${id.slice(0, 64)}\`, or its record is past its retention or was erased`,
            ),
          )
        : { ok: true, value: told };
    },
    async list(query) {
      await log.flush();
      const subject = query.subject === undefined ? undefined : directory.find(query.subject)?.ref;
      if (query.subject !== undefined && subject === undefined)
        return { ok: true, value: { items: [], next: null } };
      const records = await parts.store.decisions({
        limit: query.limit + 1,
        ...(query.cursor !== undefined && isId("dec", query.cursor) ? { before: query.cursor } : {}),
        ...(subject === undefined ? {} : { subject }),
        ...(query.outcome === undefined ? {} : { outcome: query.outcome }),
      });
      const page = records.slice(0, query.limit);
      const read = log.reader();
      const told = await Promise.all(page.map((record) => tell(record, read)));
      const items = told.flatMap((why) => (why === null ? [] : [why.decision]));
      const last = page.at(-1);
      return {
        ok: true,
        value: {
          items,
          next: records.length > query.limit && last !== undefined ? last.id : null,
        },
      };
    },
    export: decisionExport(parts),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  /** Decides again from the record, under the revision it was made on; null: it cannot be read any more. */
  async function tell(
    record: DecisionRecord,
    read: (record: DecisionRecord) => Recorded | null,
  ): Promise<WhyView | null> {
    const from = read(record);
    if (from === null) return null;
    const policy = await parts.policyOf(from.revision);
    if (policy === null) return null;
    const { request, facts } = restored(from, policy);
    const decision = decide(request, facts, policy, from.now);
    const considered = new Map(from.optOuts.map(({ optOut }) => [optOut.id as string, optOut]));
    return {
      decision: decisionView({
        id: record.id,
        at: from.now.latest,
        decision,
        request,
        revision: from.revision,
        micros: from.micros,
        entry: from.entry,
        optOut: (optOut) => considered.get(optOut),
      }),
      explanation: explain(decision, request, facts, policy, from.now),
      facts: {
        askedBy: from.asked.by,
        at: formatInstant(from.now.latest),
        session:
          from.session === null
            ? null
            : {
                id: from.session.id,
                acr: from.session.acr,
                authTime: formatInstant(from.session.authTime),
                expiresAt: formatInstant(from.session.expiresAt),
              },
        device: from.device === null ? null : { id: from.device.id, shared: from.device.shared },
        states: from.subject?.states ?? [],
        risk: decision.risk,
        doubt: from.doubt,
        delegated: from.asked.delegated,
        network: from.asked.network,
      },
      marks: (state.marked(record.id)?.marks ?? []).map(({ as, own, at }) => ({
        as,
        own,
        at: formatInstant(at),
      })),
    };
  }
}

function budgetOf({ policy }: ActivePolicy, offer: string): Budget {
  return policy.offers.get(offer)?.budget ?? null;
}
