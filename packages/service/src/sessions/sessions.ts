import type { KeyObject } from "node:crypto";
import {
  type DeviceRef,
  type EntityName,
  earlier,
  formatInstant,
  type Instant,
  isAssurance,
  isEntityName,
  makeId,
  ownLimits,
  type Policy,
  parseInstant,
  plus,
  type Result,
  reaches,
  refuse,
  type Session,
  type SessionId,
  type SubjectRef,
  sessionIsLive,
} from "@postern/core";
import { needScope, notFound } from "../access.ts";
import { actorOf, type Caller, mayUse, personOf } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import { draftEntity, type EntityParts } from "../entities/entities.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { StoredSession } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { RiskState } from "../risk/risk.ts";
import { knownSecrets } from "../seal/known-secrets.ts";
import { makeSecret } from "../seal/secret.ts";
import type { DecisionService, Question, SessionService } from "../service.ts";
import { isFull } from "../sign-in/finish.ts";
import { LONGEST_SESSION } from "../sign-in/session-draft.ts";
import { accountStanding } from "../states/account-standing.ts";
import type { OwnSession, SessionDetail } from "../views.ts";
import type { ActivityLog } from "./activity.ts";
import { makeRoom } from "./concurrency.ts";
import { disowning } from "./disowning.ts";
import { causeOf, endSessions, mayEnd, personTouch } from "./ending.ts";
import { extendingOnce } from "./extending.ts";
import { listSessions } from "./listing.ts";
import { marking, markTouches, saying } from "./marking.ts";
import { ownSession } from "./own-session.ts";
import { isHandle, rotation } from "./rotation.ts";
import { sessionEnds } from "./session-detail.ts";
import { sessionViews } from "./session-view.ts";
import type { Sightings } from "./sighting.ts";

/** How far an application's clock may be ahead of ours. */
const AHEAD_MS = 5_000;

type Given = Parameters<SessionService["register"]>[1];

export function sessionService(
  parts: EntityParts & {
    readonly world: Pick<World, "after" | "monotonic">;
    readonly clock: ControlClock;
    readonly policy: () => Policy;
    readonly risk: Pick<RiskState, "signedIn">;
    readonly activity: ActivityLog;
    readonly sightings: Sightings;
    readonly timeouts: DecisionService["timeouts"];
    /** Records which sessions have ended by now, before a browser is said to be nobody else's. */
    readonly settleSessions: () => Promise<Problem | null>;
    /** What the browser keeps of a person is named by a key under this one. */
    readonly draftKey: KeyObject;
  },
): SessionService {
  const { state, writer, directory, pool, clock } = parts;

  const views = sessionViews({
    ...parts,
    isLive: (session) => sessionIsLive(session, clock.now().latest),
  });
  const view = views.of;
  /** What the registering token may say at most. */
  function checked(
    caller: Caller,
    given: Given,
    at: Instant,
  ): Result<{ readonly authTime: Instant; readonly expiresAt: Instant }, Problem> {
    if (caller.kind !== "token")
      return refuse(problem("caller.scope", "sessions are registered with a token"));
    const { token } = caller;
    if (!isEntityName(given.subject))
      return refuse(problem("entity.name", "expected a subject with a type and an id"));
    if (!token.subjectTypes.includes(given.subject.type)) {
      return refuse(
        problem(
          "session.subject_type",
          `this token registers sessions of ${token.subjectTypes.join(", ") || "no subject type"}, got \`${given.subject.type}\``,
          [{ pointer: "#/subject/type", detail: "not a type of this token" }],
        ),
      );
    }
    if (!isAssurance(given.acr) || given.acr === "none" || !reaches(token.maxAcr, given.acr)) {
      return refuse(
        problem(
          "caller.ceiling",
          `this token registers sessions up to ${token.maxAcr}, got \`${given.acr}\``,
          [{ pointer: "#/acr", detail: `at most ${token.maxAcr}`, fix: token.maxAcr }],
        ),
      );
    }
    const authTime = parseInstant(given.authTime);
    if (!authTime.ok)
      return refuse(
        problem("session.auth_time", authTime.refusal, [{ pointer: "#/authTime", detail: authTime.refusal }]),
      );
    if (authTime.value > at + AHEAD_MS)
      return refuse(
        problem("session.auth_time", "expected an authentication that has happened, got one in the future", [
          { pointer: "#/authTime", detail: `at the latest ${formatInstant(at)}` },
        ]),
      );
    const expiresAt = parseInstant(given.expiresAt);
    if (!expiresAt.ok)
      return refuse(
        problem("session.end", expiresAt.refusal, [{ pointer: "#/expiresAt", detail: expiresAt.refusal }]),
      );
    const authenticated = earlier(authTime.value, at);
    const cap = earlier(plus(authenticated, LONGEST_SESSION), overallCap(authenticated));
    if (expiresAt.value <= at)
      return refuse(
        problem("session.end", "expected an end that is still to come", [
          { pointer: "#/expiresAt", detail: `after ${formatInstant(at)}` },
        ]),
      );
    return { ok: true, value: { authTime: authenticated, expiresAt: earlier(expiresAt.value, cap) } };
  }

  /** The overall end of the profiles in force: an application cannot register past it. */
  function overallCap(authTime: Instant): Instant {
    const { overall } = ownLimits(parts.policy(), {});
    return plus(authTime, overall === null ? LONGEST_SESSION : overall.length);
  }

  function deviceOf(name: EntityName | undefined): Result<DeviceRef | null, Problem> {
    if (name === undefined) return { ok: true, value: null };
    const entity = directory.find(name);
    if (name.type !== "device" || entity === undefined) {
      return refuse(
        problem("session.device", "expected a device that an administrator has registered", [
          { pointer: "#/device", detail: "unknown device" },
        ]),
      );
    }
    return { ok: true, value: entity.ref as DeviceRef };
  }

  function registration(
    caller: Caller,
    given: Given,
    handle: string,
    at: Instant,
  ): Result<Draft<SessionId>, Problem> {
    const ends = checked(caller, given, at);
    if (!ends.ok) return ends;
    const device = deviceOf(given.device);
    if (!device.ok) return device;
    const by = actorOf(caller);
    const events: DraftEvent[] = [];
    let keys: Draft<SessionId>["keys"] = [];
    const existing = directory.find(given.subject);
    let subject = existing?.ref as SubjectRef | undefined;
    if (subject === undefined) {
      const made = draftEntity(
        parts,
        by,
        given.subject,
        { attributes: {}, states: {}, shared: null },
        undefined,
      );
      subject = made.ref as SubjectRef;
      events.push(made.draft.event);
      keys = made.draft.keys ?? [];
    } else if (!subject.startsWith("sub_")) {
      return refuse(problem("session.subject_type", `\`${given.subject.type}\` is not a type of subject`));
    } else if (accountStanding(state, subject) === "withdrawn") {
      return refuse(
        problem(
          "session.account_withdrawn",
          "the account is suspended or withdrawn: no session of it begins",
        ),
      );
    }
    const session: Session = {
      id: makeId("ses", pool.take(16)),
      subject,
      device: device.value,
      acr: given.acr,
      amr: given.amr ?? [],
      ...ends.value,
      startedAt: at,
      inactivityEndsAt: null,
      revokedAt: null,
      registeredBy: caller.kind === "token" ? caller.token.id : "postern",
    };
    events.push({ by, event: { type: "session.registered", session, handle } });
    events.push(...makeRoom(state, parts.policy(), subject, session.id, at));
    return { ok: true, value: { events, keys, done: () => session.id } };
  }

  function raise(
    caller: Caller,
    id: string,
    given: Given,
    handle: string,
    at: Instant,
  ): Result<Draft<SessionId>, Problem> {
    const session = state.countingSession(id);
    if (session === undefined || (caller.kind === "token" && session.registeredBy !== caller.token.id))
      return notFound("session", id);
    if (!sessionIsLive(session, at))
      return refuse(problem("session.ended", "the session has ended; sign in again"));
    const ends = checked(caller, given, at);
    if (!ends.ok) return ends;
    if (directory.find(given.subject)?.ref !== session.subject) {
      return refuse(
        problem("session.subject", "the session belongs to another subject", [
          { pointer: "#/subject", detail: "not the session's subject" },
        ]),
      );
    }
    const { authTime, expiresAt } = ends.value;
    if (authTime < session.authTime)
      return refuse(
        problem(
          "session.auth_time",
          "expected an authentication after the one that is known, got an older one",
          [{ pointer: "#/authTime", detail: `at the earliest ${formatInstant(session.authTime)}` }],
        ),
      );
    const event: DraftEvent = {
      by: actorOf(caller),
      event: {
        type: "session.raised",
        session: session.id,
        acr: given.acr,
        amr: given.amr ?? session.amr,
        authTime,
        // A reauthentication begins the overall timeout anew; no session outlives thirty days from its first sign-in.
        expiresAt:
          authTime > session.authTime
            ? earlier(expiresAt, plus(session.startedAt, LONGEST_SESSION))
            : earlier(expiresAt, session.expiresAt),
        handle,
      },
    };
    return { ok: true, value: { events: [event], done: () => session.id } };
  }

  async function own(question: Question): Promise<OwnSession> {
    const before = question.session === null ? undefined : state.session(question.session.id);
    // What was revoked stays so, whatever others know of it: nobody waits for that.
    const isRevoked = before !== undefined && before.revokedAt !== null;
    const asked = isRevoked ? { timeouts: null, now: clock.now() } : await parts.timeouts(question);
    const recorded = question.session === null ? undefined : state.session(question.session.id);
    const counting = recorded === undefined ? undefined : state.countingSession(recorded.id);
    if (recorded === undefined || (recorded.revokedAt === null && counting === undefined))
      return { now: formatInstant(asked.now.latest), state: "none" };
    return ownSession({
      recorded,
      counting: counting ?? recorded,
      timeouts: asked.timeouts,
      now: asked.now,
      extensions: parts.activity.extensions(recorded),
      optOut: state.optOuts.get,
      draftKey: parts.draftKey,
    });
  }

  const once = extendingOnce<OwnSession>();

  async function stillLive(question: Question): Promise<Result<OwnSession, Problem>> {
    const now = await own(question);
    return now.state === "live"
      ? { ok: true, value: now }
      : refuse(problem("session.ended", "the session has ended; sign in again"));
  }

  async function extend(question: Question): Promise<Result<OwnSession, Problem>> {
    const before = await stillLive(question);
    if (!before.ok) return before;
    if (before.value.state === "live" && before.value.extensionsLeft === 0)
      return refuse(
        problem(
          "session.extensions_spent",
          "it was extended as often as policy lets; sign in again to go on",
        ),
      );
    if (before.value.state === "live" && !before.value.canExtend)
      return refuse(
        problem(
          "session.extensions_spent",
          "nothing moves its end any more but a sign-in; sign in again to go on",
        ),
      );
    const session = question.session === null ? undefined : state.countingSession(question.session.id);
    if (session !== undefined) parts.activity.note(session, question.network ?? null, true);
    // It may have ended meanwhile: nobody is told that it goes on.
    return await stillLive(question);
  }

  const ends = ({ id, ...rest }: Session): Pick<SessionDetail, "limits" | "optOut"> => {
    const recorded = state.session(id) ?? { ...rest, id };
    const counting = state.countingSession(id) ?? recorded;
    return sessionEnds(counting, recorded, { state, policy: parts.policy(), now: clock.now() });
  };

  const isShared = (network: string | null): boolean =>
    network !== null && directory.find({ type: "network", id: network })?.shared === true;

  const mine = (caller: Caller, session: StoredSession): boolean =>
    mayUse(caller, "admin") ||
    personOf(caller) === session.subject ||
    (caller.kind === "token" &&
      mayUse(caller, "sessions.register") &&
      session.registeredBy === caller.token.id);

  /**
   * All that its application may say, and all that the account can show here.
   *
   * DANGER: whoever has a password alone must not become usual where more can be shown.
   */
  const isWhole = (caller: Caller, session: StoredSession): boolean =>
    caller.kind === "token" && reaches(session.acr, caller.token.maxAcr) && isFull(parts, session);

  return {
    async register(caller, given) {
      const allowed = needScope(caller, "sessions.register");
      if (!allowed.ok) return allowed;
      const { secret, hash } = makeSecret("pss", pool);
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [
          `entity:${directory.blind(given.subject)}`,
          ...(given.id === undefined ? [] : [`session:${given.id}`]),
        ],
        run: (_, at) =>
          given.id === undefined
            ? registration(caller, given, hash, at)
            : raise(caller, given.id, given, hash, at),
      });
      if (!written.ok) return written;
      const session = state.session(written.value);
      if (session === undefined) return notFound("session", written.value);
      const { from } = given;
      if (from !== undefined && given.id === undefined)
        void parts.sightings.note(session, { client: from, network: from.network ?? null });
      if (from !== undefined && isWhole(caller, session))
        void parts.risk.signedIn(session, { client: from, network: null, device: session.device });
      return { ok: true, value: { session: view(session), secret } };
    },
    bySecret: knownSecrets(parts.world, (handle) => {
      const found = state.sessionByHandle(handle);
      return found !== undefined && isHandle(found, handle, clock.now().latest) ? found : null;
    }),
    rotate: rotation(parts),
    byId: (id) => state.countingSession(id) ?? null,
    async revoke(caller, id) {
      const written = await writer.submit({
        by: actorOf(caller),
        touches: [`session:${id}`],
        alsoTouches: (now) => personTouch(now, id),
        run(now) {
          const session = now.session(id);
          if (session === undefined || !mine(caller, session)) return notFound("session", id);
          const event: DraftEvent = {
            by: actorOf(caller),
            event: { type: "session.revoked", session: session.id, cause: causeOf(caller, session) },
          };
          // Ending what has ended is no error, and no second entry.
          return { ok: true, value: { events: session.revokedAt === null ? [event] : [], done: () => null } };
        },
      });
      if (!written.ok) return written;
      const session = state.session(id);
      return session === undefined ? notFound("session", id) : { ok: true, value: view(session) };
    },
    async mark(caller, id, shared) {
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const unsettled = shared ? null : await parts.settleSessions();
      if (unsettled !== null) return refuse(unsettled);
      const written = await writer.submit<null>({
        by: actorOf(caller),
        touches: [`session:${id}`],
        alsoTouches: (now) => [...personTouch(now, id), ...markTouches(now, id)],
        run(now) {
          const session = now.session(id);
          if (session === undefined) return notFound("session", id);
          return {
            ok: true,
            value: { events: marking(now, session, shared, actorOf(caller)), done: () => null },
          };
        },
      });
      if (!written.ok) return written;
      const session = state.session(id);
      return session === undefined ? notFound("session", id) : { ok: true, value: view(session) };
    },
    list: (caller, query) => listSessions(caller, query, { ...parts, views, mine }),
    async get(caller, id) {
      const session = state.session(id);
      if (session === undefined || !mine(caller, session)) return notFound("session", id);
      const seen = await parts.sightings.of(session);
      return { ok: true, value: { ...view(session), seen, ...ends(session) } };
    },
    async revokeAll(caller, of) {
      const refused = mayEnd(caller);
      return refused === null ? await endSessions(caller, of, { ...parts, mine }) : refuse(refused);
    },
    disown: (session, id) => writer.submit(disowning({ kind: "session", session }, id)),
    says: (session, shared, network) => writer.submit(saying(session, shared, isShared(network))),
    async noteSeen(session, from) {
      const known = await parts.sightings.of(session);
      if (known === null || (known.browser === null && parts.sightings.here(from).browser !== null))
        await parts.sightings.note(session, from);
    },
    seenAt: parts.sightings.here,
    ends,
    limits: () => ownLimits(parts.policy(), {}),
    stateOf: views.stateOf,
    own,
    onActive: parts.activity.onNote,
    async active(session, network) {
      const { activity } = parts;
      let counting = state.countingSession(session.id);
      if (counting !== undefined && !sessionIsLive(counting, clock.now().latest)) {
        if (activity.isDoubtful(counting)) await activity.ask(counting);
        counting = state.countingSession(session.id);
      }
      if (counting === undefined || !sessionIsLive(counting, clock.now().latest)) return false;
      activity.note(counting, network);
      return true;
    },
    extend: (question, key = null) =>
      question.session === null
        ? extend(question)
        : once(
            question.session.id,
            key,
            () => extend(question),
            () => stillLive(question),
          ),
    onRevoked: (listener) =>
      writer.onCommit(({ changes }) => {
        for (const change of changes)
          if (change.projection === "sessions" && change.record !== null && change.record.revokedAt !== null)
            listener(change.record.id);
      }),
    subjectOf: (session) => directory.name(session.subject),
    subjectName: (subject) => (state.entity(subject)?.deletedAt === null ? directory.name(subject) : null),
    deviceOf: (session) => (session.device === null ? null : directory.name(session.device)),
    isWithdrawn: ({ subject }) => accountStanding(state, subject) !== "stands",
  };
}
