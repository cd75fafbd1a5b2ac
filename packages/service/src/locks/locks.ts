import {
  type DeviceRef,
  type EntityName,
  formatInstant,
  type Instant,
  isControlId,
  isId,
  type Lock,
  type LockId,
  type LockTarget,
  lockHolds,
  makeId,
  parseInstant,
  parseResourcePattern,
  type Result,
  refuse,
  type SubjectRef,
} from "@postern/core";
import { needPerson, needScope, notFound, withinBinding } from "../access.ts";
import { actorOf, type Caller } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import { pageOf } from "../page.ts";
import { type Problem, problem } from "../problem.ts";
import type { State, StoredLock } from "../projection/state.ts";
import type { DraftEvent } from "../record/command.ts";
import type { Words } from "../record/words.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import type { LockService } from "../service.ts";
import { aloneMark, confirmed, others, requestedAct, waitingFor } from "../unreviewed/second-person.ts";
import { actView } from "../unreviewed/unreviewed.ts";
import type { LockView } from "../views.ts";

/** Longest reason that people may write. */
export const LONGEST_REASON = 1000;

export function lockService(parts: {
  readonly state: State;
  readonly writer: Writer;
  readonly directory: Directory;
  readonly clock: ControlClock;
  readonly pool: RandomPool;
  readonly words: Words;
  readonly inEffect: (entry: number) => Promise<Instant | null>;
  /** Records what has ended by now, before something takes effect that would let it go on. */
  readonly settleSessions: () => Promise<Problem | null>;
}): LockService {
  const { state, writer, directory, clock, pool, words } = parts;

  const view = async (lock: StoredLock): Promise<LockView> => ({
    id: lock.id,
    target: lock.target,
    until: lock.until === null ? null : formatInstant(lock.until),
    placedAt: formatInstant(lock.placedAt),
    placedBy: directory.name(lock.placedBy) ?? { type: "erased", id: lock.placedBy },
    reason: await words.of(lock.placedIn, "reason"),
    state: lock.liftedAt !== null ? "lifted" : lockHolds(lock, clock.now().earliest) ? "holds" : "ended",
  });

  function targetOf(given: Parameters<LockService["place"]>[1]["target"]): Result<LockTarget, Problem> {
    const wrong = (detail: string): { readonly ok: false; readonly refusal: Problem } =>
      refuse(problem("lock.target", detail, [{ pointer: "#/target", detail }]));
    switch (given.kind) {
      case "everything":
        return { ok: true, value: { kind: "everything" } };
      case "control":
        return isControlId(given.control)
          ? { ok: true, value: given }
          : wrong(`there is no control \`${String(given.control).slice(0, 40)}\``);
      case "offer":
        return { ok: true, value: given };
      case "opt-out":
        return isId("oo", given.optOut) && state.optOuts.get(given.optOut) !== undefined
          ? { ok: true, value: given }
          : wrong("there is no such opt-out");
      case "resource":
        return parseResourcePattern(given.resource).ok
          ? { ok: true, value: given }
          : wrong("expected a resource such as `route:/reports/**`");
      case "subject":
      case "device": {
        const ref =
          "name" in given ? refOf(given.name) : given.kind === "subject" ? given.subject : given.device;
        if (ref === undefined || state.entity(ref) === undefined)
          return wrong(`there is no such ${given.kind}`);
        return {
          ok: true,
          value:
            given.kind === "subject"
              ? { kind: "subject", subject: ref as SubjectRef }
              : { kind: "device", device: ref as DeviceRef },
        };
      }
      default:
        return wrong("expected everything, control, offer, opt-out, resource, subject or device");
    }
  }

  const refOf = (name: EntityName): string | undefined => directory.find(name)?.ref;

  /** A token bound to resources is told what holds for them, and not of others' resources, people and devices. */
  function mayTell(caller: Caller, { target }: StoredLock): boolean {
    if (caller.kind === "session" || caller.token.resources.length === 0) return true;
    switch (target.kind) {
      case "everything":
      case "control":
      case "offer":
        return true;
      case "resource":
        return withinBinding(caller, [target.resource]);
      case "opt-out": {
        const scope = state.optOuts.get(target.optOut)?.scope;
        return (
          scope !== undefined &&
          withinBinding(
            caller,
            scope.resources.map(({ text }) => text),
          )
        );
      }
      case "subject":
      case "device":
        return false;
      default:
        return target satisfies never;
    }
  }

  return {
    async place(caller, given) {
      const allowed = needScope(caller, "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      if ((given.reason?.length ?? 0) > LONGEST_REASON)
        return refuse(
          problem("request.too_large", `expected a reason of at most ${LONGEST_REASON} characters`),
        );
      const target = targetOf(given.target);
      if (!target.ok) return target;
      const until = given.until === undefined ? null : parseInstant(given.until);
      if (until !== null && !until.ok)
        return refuse(problem("lock.until", until.refusal, [{ pointer: "#/until", detail: until.refusal }]));
      const id = makeId("lk", pool.take(16));
      const written = await writer.submit<LockId>({
        by: actorOf(caller),
        // One after the other with the removal of what it is about.
        touches:
          target.value.kind === "subject"
            ? [holderTouch(target.value.subject)]
            : target.value.kind === "device"
              ? [holderTouch(target.value.device)]
              : [],
        run(_, at) {
          if (until !== null && until.value <= at)
            return refuse(
              problem("lock.until", "expected an end that is still to come", [
                { pointer: "#/until", detail: `after ${formatInstant(at)}` },
              ]),
            );
          const lock: Lock = {
            id,
            target: target.value,
            until: until?.value ?? null,
            placedBy: person.value,
            placedAt: at,
            liftedAt: null,
          };
          const sealed =
            given.reason === undefined ? {} : { reason: { key: person.value, value: given.reason } };
          return {
            ok: true,
            value: {
              events: [{ by: actorOf(caller), event: { type: "lock.placed", lock }, sealed }],
              done: () => id,
            },
          };
        },
      });
      if (!written.ok) return written;
      const lock = state.lock(id);
      if (lock === undefined) return notFound("lock", id);
      const recorded = formatInstant(clock.now().latest);
      const inEffect = await parts.inEffect(lock.placedIn);
      const told = {
        recorded,
        inEffect: inEffect === null ? null : formatInstant(inEffect),
        entry: lock.placedIn,
      };
      return { ok: true, value: { ...(await view(lock)), ...told } };
    },
    async lift(caller, id) {
      // Lifting widens: it takes an administrator, where placing takes anyone who may approve.
      const allowed = needScope(caller, "admin");
      if (!allowed.ok) return allowed;
      const person = needPerson(caller);
      if (!person.ok) return person;
      const unsettled = await parts.settleSessions();
      if (unsettled !== null) return refuse(unsettled);
      const by = actorOf(caller);
      const written = await writer.submit<string | null>({
        by,
        touches: [`lock:${id}`],
        run(now, at) {
          const lock = now.lock(id);
          if (lock === undefined) return notFound("lock", id);
          const draft = (events: readonly DraftEvent[], act: string | null) =>
            ({ ok: true, value: { events, done: () => act } }) as const;
          // One that has ended holds nothing shut: to put it away widens nothing.
          if (lock.liftedAt !== null) return draft([], null);
          const lifted = { type: "lock.lifted", lock: lock.id } as const;
          if (!lockHolds(lock, at)) return draft([{ by, event: lifted }], null);
          const waits = waitingFor(
            now.acts(),
            person.value,
            (what) => what.kind === "lock" && what.lock === lock.id,
            now,
            at,
          );
          if (waits !== null && waits.by !== person.value)
            return draft([confirmed(by, waits.id, person.value), { by, event: lifted }], null);
          if (waits !== null) return draft([], waits.id);
          if (others(now, person.value, [], at).size === 0)
            return draft([{ by, event: { ...lifted, ...aloneMark(person.value, pool) } }], null);
          const act = requestedAct({ kind: "lock", lock: lock.id }, person.value, at, pool);
          return draft([{ by, event: { type: "act.requested", act } }], act.id);
        },
      });
      if (!written.ok) return written;
      const lock = state.lock(id);
      if (lock === undefined) return notFound("lock", id);
      const act = written.value === null ? undefined : state.act(written.value);
      return {
        ok: true,
        value: { ...(await view(lock)), ...(act === undefined ? {} : { waits: actView(act, parts) }) },
      };
    },
    async list(caller, query) {
      const allowed = needScope(caller, "opt-outs.read", "opt-outs.approve");
      if (!allowed.ok) return allowed;
      const asOf = query.asOf === undefined ? null : parseInstant(query.asOf);
      if (asOf !== null && !asOf.ok) return refuse(problem("request.malformed", asOf.refusal));
      const locks = [...state.locks()].filter(
        (lock) =>
          mayTell(caller, lock) &&
          (asOf === null ||
            (lock.placedAt <= asOf.value &&
              (lock.liftedAt === null || lock.liftedAt > asOf.value) &&
              (lock.until === null || lock.until > asOf.value))),
      );
      return {
        ok: true,
        value: await pageOf(locks, query, ({ placedAt, id }) => ({ at: placedAt, id }), view),
      };
    },
  };
}
