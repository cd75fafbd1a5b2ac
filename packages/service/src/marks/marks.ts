import {
  type Concern,
  type Decision,
  type DecisionId,
  decide,
  type EntityRef,
  type Event,
  formatInstant,
  type Instant,
  isId,
  type MarkedAs,
  type Policy,
  type Result,
  reaches,
  refuse,
  type Session,
  type SubjectRef,
  standingOf,
} from "@postern/core";
import { needPerson, needScope, notFound } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { DecisionLog } from "../decisions/decision-log.ts";
import { type Recorded, restored } from "../decisions/recorded.ts";
import type { Store } from "../ports/store.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import type { MarkService, Outcomes } from "../service.ts";
import { askedLevel, type Moment, momentOf, sameChallenge } from "./challenge.ts";
import { markLimit } from "./limit.ts";
import type { ChallengeView, MarkView } from "./mark-views.ts";

/** Persons that one thing may be marked by. */
const MOST_PERSONS = 20;
/** How far back one's own challenges are told, in milliseconds. */
const RECENT = 7 * 24 * 3_600_000;
const MOST_RECENT = 5;
const MOST_LOOKED_AT = 50;

type Told = Extract<Event, { readonly type: "decision.marked" | "signal.marked" }>;

/** What was recorded and decided, and what it took to meet it. */
interface Looked {
  readonly recorded: Recorded;
  readonly decision: Decision;
}

export function markService(parts: {
  readonly store: Pick<Store, "decision" | "decisions">;
  readonly state: State;
  readonly clock: ControlClock;
  readonly writer: Writer;
  readonly log: DecisionLog;
  readonly policyOf: (revision: string) => Promise<Policy | null>;
}): MarkService {
  const { store, state, clock, writer, log } = parts;
  const limit = markLimit();

  async function decided(recorded: Recorded): Promise<Looked | null> {
    const policy = await parts.policyOf(recorded.revision);
    if (policy === null) return null;
    const { request, facts } = restored(recorded, policy);
    return { recorded, decision: decide(request, facts, policy, recorded.now) };
  }

  async function find(id: string): Promise<Recorded | null> {
    if (!isId("dec", id)) return null;
    await log.flush();
    const record = await store.decision(id);
    return record === null ? null : log.reader()(record);
  }

  /** Who speaks, and whether it is about themselves. In their own session people speak of their own alone. */
  function speaker(
    caller: Caller,
    about: SubjectRef | null,
    what: string,
    id: string,
  ): Result<SubjectRef, Problem> {
    if (caller.kind === "session")
      return caller.session.subject === about ? { ok: true, value: about } : notFound(what, id);
    const allowed = needScope(caller, "explain");
    return allowed.ok ? needPerson(caller) : allowed;
  }

  function proves(session: Session, decision: Decision): boolean {
    const { acr } = standingOf(session, clock.now().latest);
    return reaches(acr, askedLevel(decision) ?? "aal1");
  }

  async function record(
    caller: Caller,
    id: DecisionId | Concern["id"],
    event: Told,
    stands: (now: State) => boolean = () => true,
  ): Outcomes<MarkView> {
    const { person, as, own } = event;
    const view = (at: Instant, entry: number | null): MarkView => ({
      id,
      as,
      own,
      at: formatInstant(at),
      entry,
    });
    return await writer.submit<MarkView>({
      by: actorOf(caller),
      touches: [`mark:${id}`],
      run(now, at) {
        if (!stands(now)) return notFound("signal that stands", id);
        const marks = now.marked(id)?.marks ?? [];
        const before = marks.find((mark) => mark.person === person);
        if (before?.as === as) return { ok: true, value: { events: [], done: () => view(before.at, null) } };
        if (before === undefined && marks.length >= MOST_PERSONS)
          return refuse(problem("mark.too_many", `at most ${MOST_PERSONS} persons mark the same thing`));
        if (!limit.left(person, at))
          return refuse(problem("mark.too_many", "one person marks at most 60 things within an hour"));
        return {
          ok: true,
          value: {
            events: [{ by: actorOf(caller), event }],
            done(first) {
              limit.count(person, at);
              return view(at, first);
            },
          },
        };
      },
    });
  }

  return {
    async decision(caller, id, { as, mayTell }) {
      const allowed = caller.kind === "session" ? null : needScope(caller, "explain");
      if (allowed !== null && !allowed.ok) return allowed;
      const recorded = await find(id);
      if (recorded === null || !isId("dec", id) || !mayTell(recorded.asked.resource))
        return notFound("decision of yours", id);
      const about = recorded.subject?.ref ?? null;
      const person = speaker(caller, about, "decision of yours", id);
      if (!person.ok) return person;
      if (recorded.outcome !== "challenge" && recorded.outcome !== "deny")
        return refuse(
          problem(
            "mark.nothing_asked",
            `expected a decision that challenged or denied, got one that answered \`${recorded.outcome}\``,
          ),
        );
      if (caller.kind === "session" && as === "unneeded") {
        // Whoever sits in somebody's session, and could not meet the challenge, does not say that it was for nothing.
        const looked = await decided(recorded);
        if (looked === null) return notFound("decision of yours", id);
        if (!proves(caller.session, looked.decision))
          return refuse(
            problem(
              "mark.not_proved",
              "only a session that has proved what was asked for says that it was not needed",
            ),
          );
      }
      const own = person.value === about;
      return await record(caller, id, {
        type: "decision.marked",
        decision: id,
        person: person.value,
        own,
        as,
      });
    },

    async signal(caller, id, { as }) {
      const allowed = needScope(caller, "explain");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      const holding = (
        now: Pick<State, "concerned">,
      ): readonly { readonly ref: EntityRef; readonly rule: string }[] =>
        [...now.concerned()].flatMap(({ ref, concerns = [] }) =>
          concerns.filter((one) => one.id === id).map(({ rule }) => ({ ref, rule })),
        );
      const found = holding(state);
      const [first] = found;
      if (!isId("sig", id) || first === undefined) return notFound("signal that stands", id);
      const own = first.ref === person.value || state.device(first.ref)?.subject === person.value;
      const rules = [...new Set(found.map(({ rule }) => rule))];
      return await record(
        caller,
        id,
        { type: "signal.marked", signal: id, rules, person: person.value, own, as },
        (now) => holding(now).length > 0,
      );
    },

    async recent(session) {
      await log.flush();
      const { latest } = clock.now();
      const records = await store.decisions({
        subject: session.subject,
        outcome: "challenge",
        limit: MOST_LOOKED_AT,
      });
      const read = log.reader();
      const told: (ChallengeView & { readonly first: Moment })[] = [];
      for (const record of records) {
        const recorded = read(record);
        if (recorded === null) continue;
        const at = recorded.now.latest;
        if (latest - at > RECENT) break;
        if (recorded.session === null) continue;
        const looked = await decided(recorded);
        const asked = looked === null ? null : askedLevel(looked.decision);
        if (looked === null || asked === null) continue;
        const marked = ownMark(state, record.id, session.subject);
        const moment = momentOf(recorded);
        const known = told.findIndex(({ first }) => sameChallenge(moment, first));
        const before = told[known];
        if (before !== undefined) {
          told[known] = { ...before, marked: before.marked ?? marked, first: moment };
          continue;
        }
        if (told.length === MOST_RECENT) break;
        const { type, id } = recorded.asked.resource;
        told.push({
          decision: record.id,
          at: formatInstant(at),
          action: recorded.asked.action,
          resource: { type, id },
          marked,
          asked,
          proved: proves(session, looked.decision),
          first: moment,
        });
      }
      return told.map(({ first: _, ...view }) => view);
    },
  };
}

function ownMark(state: State, id: string, person: SubjectRef): MarkedAs | null {
  return state.marked(id)?.marks.find((mark) => mark.person === person)?.as ?? null;
}
