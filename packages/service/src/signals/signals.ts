import {
  type Concern,
  calmAt,
  type EntityName,
  type EntityRef,
  formatInstant,
  holderRefs,
  isEntityName,
  isId,
  nearest,
  parseInstant,
  principalOf,
  type Result,
  readStatement,
  refuse,
  type SessionId,
  SIGNAL_KINDS,
  type SubjectRef,
  signalKindOf,
} from "@postern/core";
import { needPerson, needScope, notFound, withinBinding } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { Directory } from "../entities/directory.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { SignalService } from "../service.ts";
import type { ConcernView } from "../views.ts";
import type { Named } from "./consequence.ts";
import type { Intake, IntakeParts } from "./intake.ts";
import { clearings } from "./return.ts";
import type { SubjectNames } from "./subject.ts";

const SOURCE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_ID = 256;

type CloudEvent = Parameters<SignalService["send"]>[1];

export function signalService(
  parts: IntakeParts & {
    readonly directory: Directory;
    readonly intake: Intake;
    readonly names: SubjectNames;
    readonly signedSources: ReadonlySet<string>;
  },
): SignalService {
  const { state, directory, writer, intake } = parts;

  /** What the token may say: of which sources, and of whom. */
  function checkRemit(caller: Caller, event: CloudEvent, subject: EntityName | null): Problem | null {
    if (!SOURCE.test(event.source) || event.source.length > 64)
      return problem("signal.source", "expected a source in lower-case letters, digits and single dashes", [
        { pointer: "#/source", detail: "not the name of a source" },
      ]);
    if (parts.signedSources.has(event.source))
      return problem(
        "signal.source",
        `\`${event.source}\` is a transmitter, whose signals come signed; no token speaks for it`,
        [{ pointer: "#/source", detail: "the name of a transmitter" }],
      );
    if (caller.kind !== "token") return problem("caller.scope", "signals are sent with a token");
    const { token } = caller;
    const bound = token.resources.length > 0 && withinBinding(caller, [`signal:${event.source}`]);
    if (!bound)
      return problem(
        "signal.source",
        `this token does not speak for \`${event.source}\`; bind one to the resource \`signal:${event.source}\``,
        [{ pointer: "#/source", detail: "not a source of this token" }],
      );
    const types = [subject?.type, event.data.device?.type].filter((type) => type !== undefined);
    const foreign = types.find((type) => !token.subjectTypes.includes(type));
    if (foreign !== undefined)
      return problem(
        "signal.subject_type",
        `this token speaks of ${token.subjectTypes.join(", ") || "nobody"}, got \`${foreign}\``,
        [{ pointer: "#/subject", detail: "not a type of this token" }],
      );
    return null;
  }

  /** A session brings its person with it: one of whom the token may not speak is as if there were no such session. */
  function namedBy(
    subject: EntityName | null,
    data: CloudEvent["data"],
    subjectTypes: readonly string[],
  ): Named {
    const held = data.session === undefined ? undefined : state.session(data.session);
    const type = held === undefined ? undefined : state.entity(held.subject)?.type;
    const session = type !== undefined && subjectTypes.includes(type) ? held : undefined;
    const found = subject === null ? undefined : directory.find(subject);
    const device = data.device === undefined ? undefined : directory.find(data.device);
    const ref =
      found?.ref.startsWith("sub_") === true
        ? (found.ref as SubjectRef)
        : subject === null
          ? (session?.subject ?? null)
          : null;
    const own = session !== undefined && session.subject === ref;
    const known = device?.ref.startsWith("dev_") === true ? device.ref : null;
    const { device: named, session: in_ } = data;
    return {
      subject: ref,
      device: known,
      session: own ? (session.id as SessionId) : null,
      detail:
        named === undefined && in_ === undefined
          ? null
          : JSON.stringify([named?.type, named?.id, in_].map((part) => part ?? null)),
      strangeDevice: named !== undefined && known === null,
    };
  }

  const viewOf = (ref: EntityRef, type: string, concern: Concern): ConcernView => {
    const calm = calmAt(concern);
    const { resume } = concern;
    return {
      signal: concern.id,
      about: directory.name(ref) ?? { type, id: ref },
      source: concern.source,
      rule: concern.rule,
      kind: concern.kind,
      level: concern.level,
      happenedAt: formatInstant(concern.at),
      since: formatInstant(concern.since),
      clearedAt: concern.clearedAt === null ? null : formatInstant(concern.clearedAt),
      suspends: concern.covers,
      resume: {
        calmAt: calm === null ? null : formatInstant(calm),
        calmSince: resume.calm?.since ?? null,
        stepUp: resume.stepUp?.assurance ?? null,
        person: resume.person,
      },
    };
  };

  return {
    async send(caller, event) {
      const allowed = needScope(caller, "signals.write");
      if (!allowed.ok) return allowed;
      const kind = signalKindOf(event.type);
      if (kind === null) return refuse(unknownType(event.type));
      if (event.id === "" || event.id.length > LONGEST_ID)
        return refuse(
          problem("signal.malformed", `expected an \`id\` of 1 to ${LONGEST_ID} characters`, [
            { pointer: "#/id", detail: "empty or too long" },
          ]),
        );
      const subject = subjectOf(event.subject);
      if (!subject.ok) return subject;
      if (subject.value === null && event.data.device === undefined && event.data.session === undefined)
        return refuse(
          problem("signal.malformed", "expected a `subject` such as `user:ana`, a device or a session", [
            { pointer: "#/subject", detail: "nobody is named" },
          ]),
        );
      const remit = checkRemit(caller, event, subject.value);
      if (remit !== null) return refuse(remit);
      const at = parseInstant(event.time);
      if (!at.ok)
        return refuse(problem("signal.malformed", at.refusal, [{ pointer: "#/time", detail: at.refusal }]));
      const { session: _, device: __, ...claims } = event.data;
      const said = readStatement(kind, claims);
      if (!said.ok)
        return refuse(
          problem("signal.malformed", said.refusal, [{ pointer: "#/data", detail: said.refusal }]),
        );
      return await intake.take(actorOf(caller), {
        source: event.source,
        id: event.id,
        said: said.value,
        principal: principalOf(kind, claims),
        happenedAt: at.value,
        named: namedBy(subject.value, event.data, caller.kind === "token" ? caller.token.subjectTypes : []),
        detail: claims,
      });
    },
    async receive(from, event) {
      const nothing = { signal: null, suspended: 0, sessionsEnded: 0, entry: null, repeated: false };
      if (event.event.type !== "signal")
        return { ok: true, value: { ...nothing, outcome: "not-mapped" as const } };
      return await intake.take(null, {
        source: from.source,
        id: event.id,
        said: event.event.said,
        principal: principalOf(event.event.said.kind, event.claims),
        happenedAt: event.happenedAt,
        named: parts.names.named(event.subject, from),
        detail: event.claims,
      });
    },
    async list(caller, query) {
      const allowed = needScope(caller, "opt-outs.read", "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const about = query.about === undefined ? undefined : directory.find(query.about)?.ref;
      const items = [...state.concerned()]
        .filter(({ ref }) => query.about === undefined || ref === about)
        .flatMap(({ ref, type, concerns = [] }) => concerns.map((one) => viewOf(ref, type, one)))
        .sort((a, b) => (a.since < b.since ? 1 : a.since > b.since ? -1 : 0))
        .slice(0, 1_000);
      const sources = [...intake.counts()].map(([source, outcomes]) => ({ source, outcomes }));
      return { ok: true, value: { items, sources } };
    },
    async clear(caller, id, given) {
      const allowed = needScope(caller, "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      const holds = (concerns: readonly Concern[] | undefined): readonly Concern[] =>
        concerns?.filter((one) => one.id === id) ?? [];
      const entity = [...state.concerned()].find(({ concerns }) => holds(concerns).length > 0);
      if (!isId("sig", id) || entity === undefined) return notFound("signal that stands", id);
      const { ref, blind } = entity;
      // Whoever it is held against does not say that it is nothing.
      if (isAbout(ref, person.value, state))
        return refuse(problem("signal.not_by_person", "a signal about oneself is cleared by somebody else"));
      return await writer.submit<{ readonly resumed: number }>({
        by: actorOf(caller),
        touches: [`entity:${blind}`, holderTouch(ref)],
        run(now, at) {
          const found = holds(now.entity(ref)?.concerns);
          if (found.length === 0) return notFound("signal that stands", id);
          if (found.some(({ resume }) => !resume.person))
            return refuse(
              problem(
                "signal.not_by_person",
                "policy lets this end by time or by a proof, and by no person's word",
              ),
            );
          const over = found.map((concern) => ({ concern, cause: "person" as const }));
          const events = clearings(ref, over, now, at, actorOf(caller));
          const [first, ...rest] = events;
          const reason = given.reason;
          const told =
            first === undefined || reason === undefined
              ? events
              : [{ ...first, sealed: { reason: { key: ref, value: reason } } }, ...rest];
          return {
            ok: true,
            value: {
              events: told,
              done() {
                for (const { concern } of over) intake.noteCleared(ref, concern);
                return { resumed: events.filter(({ event }) => event.type === "opt-out.resumed").length };
              },
            },
          };
        },
      });
    },
  };
}

/** Of a device that is hers, that she has been signed in on, or that holds an opt-out of hers. */
function isAbout(ref: EntityRef, person: SubjectRef, state: State): boolean {
  return (
    ref === person ||
    state.device(ref)?.subject === person ||
    state.sessionsOn(ref).some(({ subject }) => subject === person) ||
    state.optOuts
      .about(ref)
      .some(({ holder, requestedBy }) => requestedBy === person || holderRefs(holder).includes(person))
  );
}

function unknownType(type: string): Problem {
  const short = type.slice(type.lastIndexOf("/") + 1);
  const near = nearest(short, SIGNAL_KINDS);
  const hint = near === undefined ? "" : `; did you mean \`${near}\`?`;
  return problem(
    "signal.unknown_type",
    `expected a type of CAEP 1.0 or RISC 1.0 such as \`risk-level-change\`, got \`${type.slice(0, 120)}\`${hint}`,
    [
      {
        pointer: "#/type",
        detail: "not a type that is known",
        ...(near === undefined ? {} : { fix: near }),
      },
    ],
  );
}

/** `type:id`, as everywhere. */
function subjectOf(text: string | undefined): Result<EntityName | null, Problem> {
  if (text === undefined) return { ok: true, value: null };
  const colon = text.indexOf(":");
  const name = { type: text.slice(0, Math.max(colon, 0)), id: text.slice(colon + 1) };
  return colon > 0 && isEntityName(name)
    ? { ok: true, value: name }
    : refuse(
        problem("signal.malformed", "expected a `subject` such as `user:ana`", [
          { pointer: "#/subject", detail: "expected `type:id`" },
        ]),
      );
}
