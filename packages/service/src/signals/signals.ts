import { createHash } from "node:crypto";
import {
  type Concern,
  calmAt,
  concernCovers,
  type Entity,
  type EntityName,
  type EntityRef,
  formatInstant,
  holderRefs,
  type Instant,
  isEntityName,
  isId,
  nearest,
  type OptOutState,
  parseInstant,
  type Result,
  readStatement,
  refuse,
  type SessionId,
  SIGNAL_KINDS,
  type SubjectRef,
  signalKindOf,
  stateOf,
} from "@postern/core";
import { needPerson, needScope, withinBinding } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { Directory } from "../entities/directory.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { type Place, pageOf } from "../page.ts";
import type { Store } from "../ports/store.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { SignalService } from "../service.ts";
import type { ConcernView } from "../views.ts";
import type { Named } from "./consequence.ts";
import type { Intake, IntakeParts } from "./intake.ts";
import { clearings } from "./return.ts";
import type { SubjectNames } from "./subject.ts";
import { verifications } from "./verification.ts";

const SOURCE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_ID = 256;

type CloudEvent = Parameters<SignalService["send"]>[1];

export function signalService(
  parts: IntakeParts & {
    readonly directory: Directory;
    readonly intake: Intake;
    readonly names: SubjectNames;
    readonly signedSources: ReadonlySet<string>;
    readonly store: Store;
    /** Records which sessions have ended by now, before an opt-out resumes that would let them go on. */
    readonly settleSessions: () => Promise<Problem | null>;
  },
): SignalService {
  const { state, directory, writer, intake, clock } = parts;

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
      unknown: (in_ !== undefined && !own) || (named !== undefined && known === null),
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
        happenedAt: event.happenedAt,
        named: parts.names.named(event.subject, from),
        detail: event.claims,
      });
    },
    verifications: verifications(parts.store),
    async list(caller, query) {
      const allowed = needScope(caller, "opt-outs.read", "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const about = query.about === undefined ? undefined : directory.find(query.about)?.ref;
      const standing = [...state.concerned()]
        .filter(({ ref }) => query.about === undefined || ref === about)
        .flatMap(({ ref, type, concerns = [] }) => concerns.map((concern) => ({ ref, type, concern })))
        .filter(({ ref, concern }) => mayTellOf(caller, ref, concern, state, clock.now().latest));
      const sources = [...intake.counts()]
        .filter(([source]) => withinBinding(caller, [`signal:${source}`]))
        .map(([source, outcomes]) => ({ source, outcomes }));
      const page = await pageOf(standing, query, placeOf, ({ ref, type, concern }) =>
        viewOf(ref, type, concern),
      );
      return { ok: true, value: { ...page, total: standing.length, sources } };
    },
    async clear(caller, id, given) {
      const allowed = needScope(caller, "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      const holds = (
        within: State,
        { ref, concerns = [] }: Pick<Entity, "ref" | "concerns">,
      ): readonly Concern[] => {
        const found = concerns.filter((one) => one.id === id);
        return found.every((one) => mayTellOf(caller, ref, one, within, clock.now().latest)) ? found : [];
      };
      const entity = [...state.concerned()].find((one) => holds(state, one).length > 0);
      if (!isId("sig", id) || entity === undefined) return nothingStands(id);
      const { ref, blind } = entity;
      // Whoever it is held against does not say that it is nothing.
      if (isAbout(ref, person.value, state))
        return refuse(problem("signal.not_by_person", "a signal about oneself is cleared by somebody else"));
      const unsettled = await parts.settleSessions();
      if (unsettled !== null) return refuse(unsettled);
      return await writer.submit<{ readonly resumed: number }>({
        by: actorOf(caller),
        touches: [`entity:${blind}`, holderTouch(ref)],
        run(now, at) {
          const held = now.entity(ref);
          const found = held === undefined ? [] : holds(now, held);
          if (found.length === 0) return nothingStands(id);
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

const OPEN: readonly OptOutState[] = ["pending", "scheduled", "active", "suspended"];

/**
 * Whoever is bound to resources is told of what holds opt-outs back there and nowhere else. What holds back all of
 * them, or none that is live, is for tokens that are bound to nothing.
 */
function mayTellOf(
  caller: Caller,
  ref: EntityRef,
  concern: Concern,
  state: Pick<State, "optOuts">,
  at: Instant,
): boolean {
  if (caller.kind === "session" || caller.token.resources.length === 0) return true;
  const { covers } = concern;
  if (covers === null || (covers.controls === null && covers.offers === null)) return false;
  const held = state.optOuts
    .about(ref)
    .filter((optOut) => OPEN.includes(stateOf(optOut, at)) && concernCovers(concern, optOut));
  return (
    held.length > 0 &&
    held.every(({ scope }) =>
      withinBinding(
        caller,
        scope.resources.map(({ text }) => text),
      ),
    )
  );
}

/** One signal may raise several concerns: each has a place of its own. */
function placeOf({ ref, concern }: { readonly ref: EntityRef; readonly concern: Concern }): Place {
  const own = createHash("sha256")
    .update(`${ref}/${concern.source}/${concern.rule}/${concern.kind}/${concern.detail ?? ""}`)
    .digest("hex")
    .slice(0, 16);
  return { at: concern.since, id: `${concern.id}${own}` };
}

function nothingStands(id: string): { readonly ok: false; readonly refusal: Problem } {
  return refuse(
    problem(
      "not_found",
      `no signal \`${id.slice(0, 64)}\` stands; \`postern signal ls\` shows those that do`,
    ),
  );
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
