import type { KeyObject } from "node:crypto";
import {
  eventUriOf,
  instant,
  makeId,
  milliseconds,
  type Policy,
  plus,
  type Result,
  readSubjectId,
  refuse,
  STREAM_UPDATED_EVENT,
  type StreamId,
  VERIFICATION_EVENT,
} from "@postern/core";
import { needScope, notFound } from "../access.ts";
import { actorOf, type Caller, mayUse } from "../caller.ts";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import type { SubjectNames } from "../signals/subject.ts";
import { sealedName } from "./added-subject.ts";
import { type OutboundEvent, suspendedNow, TRANSMITTED } from "./outbound.ts";
import { ANY_TYPES, isForStreams, owns } from "./owner.ts";
import { places, type StreamPlace } from "./place.ts";
import { pushing } from "./push.ts";
import { registry, type StoredStream } from "./registry.ts";
import { standings } from "./standing.ts";
import type { StreamService, StreamView } from "./stream-service.ts";
import { waiting } from "./window.ts";

export interface StreamParts {
  readonly world: World;
  readonly store: Store;
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly pool: RandomPool;
  readonly keys: Keyring;
  readonly working: KeyObject;
  readonly size: () => number;
  readonly node: string;
  readonly names: SubjectNames;
  readonly policy: () => Policy;
  readonly alarm: (detail: string) => void;
}

const MOST_STREAMS = 20;
const MOST_SUBJECTS = 10_000;
/** Of the names of all subjects of one stream, as they are kept. */
const MOST_CHARACTERS = 4_000_000;
const MOST_POLLED = 100;
const MOST_OWN = 100;
const LONG_POLL_MS = 25_000;
const LOOK_EVERY_MS = 2_000;
const OPENING = milliseconds(60_000);

export function streamService(parts: StreamParts): StreamService & { stop(): void } {
  const { world, store, writer, clock, pool } = parts;
  const streams = registry(parts);
  const at = places(store);
  const standing = standings({ ...parts, streams, at });
  const wakes = new Set<() => void>();
  let stopping = false;
  const wake = (): void => {
    for (const one of [...wakes]) one();
  };
  const unlisten = writer.onCommit(wake);

  const isOf = (caller: Caller, stream: StoredStream): boolean =>
    owns(caller, stream, parts.state, clock.now().latest);

  const isThere = (ref: string): boolean => parts.state.entity(ref)?.deletedAt === null;

  async function find(caller: Caller, id: string): Promise<Result<StoredStream, Problem>> {
    const stream = (await streams.all()).find((one) => one.id === id);
    return stream === undefined || !(isOf(caller, stream) || mayUse(caller, "admin"))
      ? notFound("stream", id)
      : { ok: true, value: stream };
  }

  async function edit(
    caller: Caller,
    id: string,
    change: (stream: StoredStream) => Result<StoredStream, Problem>,
  ): Promise<Result<StoredStream, Problem>> {
    const allowed = needScope(caller, "ssf.manage");
    if (!allowed.ok) return allowed;
    let done: Result<StoredStream, Problem> = notFound("stream", id);
    await streams.change((all) => {
      const stream = all.find((one) => one.id === id && one.openingSince === undefined);
      if (stream === undefined || !(isOf(caller, stream) || mayUse(caller, "admin"))) return null;
      done = change(stream);
      if (!done.ok) return null;
      const { value } = done;
      return all.map((one) => (one.id === id ? value : one));
    });
    return done;
  }

  const viewOf = (stream: StoredStream): StreamView => ({
    id: stream.id,
    audience: stream.audience,
    method: stream.delivery.method,
    endpoint: stream.delivery.method === "push" ? stream.delivery.endpoint : null,
    requested: stream.requested.map(eventUriOf),
    supported: TRANSMITTED.map(eventUriOf),
    description: stream.description,
    status: stream.status,
    reason: stream.reason,
  });

  /** Said in the record: that others are told of people is something that happens. */
  async function recorded(
    caller: Caller,
    stream: StoredStream,
    type: "stream.opened" | "stream.closed",
  ): Promise<Result<null, Problem>> {
    return await writer.submit<null>({
      by: actorOf(caller),
      touches: [`stream:${stream.id}`],
      run: () => ({
        ok: true,
        value: {
          events: [
            {
              by: actorOf(caller),
              event: { type, stream: stream.id, delivery: stream.delivery.method },
            },
          ],
          done: () => null,
        },
      }),
    });
  }

  async function own(stream: StoredStream, uri: string, claims: OutboundEvent["claims"]): Promise<boolean> {
    const jti = Buffer.from(pool.take(16)).toString("hex");
    const event: OutboundEvent = {
      jti,
      stream: stream.id,
      at: clock.now().latest,
      uri,
      about: null,
      claims,
      txn: jti,
    };
    const added = await at.change(stream.id, (place) =>
      place.own.length >= MOST_OWN ? null : { ...place, own: [...place.own, event] },
    );
    wake();
    return added;
  }

  /** What a receiver has taken, or refused for good. */
  async function take(id: StreamId, jtis: readonly string[], refused: number): Promise<void> {
    if (jtis.length === 0) return;
    const gone = new Set(jtis);
    await at.change(id, (place) => ({
      ...place,
      own: place.own.filter(({ jti }) => !gone.has(jti)),
      taken: [...new Set([...place.taken, ...jtis])].slice(-10_000),
      givenUp: place.givenUp + refused,
      attempts: 0,
      nextAt: instant(0),
      why: null,
    }));
  }

  /** Moves on over what needs no telling any more. */
  async function advance(
    stream: StoredStream,
    place: StreamPlace,
    found: Awaited<ReturnType<typeof waiting>>,
  ): Promise<void> {
    const caughtUp = found.events.length === 0 && !found.more;
    if (found.clearUpTo === place.entry && !(caughtUp && place.taken.length > 0)) return;
    await at.change(stream.id, (now) =>
      now.entry !== place.entry
        ? null
        : {
            ...now,
            entry: found.clearUpTo,
            disabled: found.disabled.slice(-10_000),
            suspended: found.suspended.slice(-10_000),
            taken: caughtUp && now.taken.length === place.taken.length ? [] : now.taken,
          },
    );
  }

  async function sleep(delay: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const over = (): void => {
        wakes.delete(over);
        cancel();
        resolve();
      };
      const cancel = world.after(delay, over);
      wakes.add(over);
    });
  }

  return {
    supported: TRANSMITTED.map(eventUriOf),
    async create(caller, given) {
      const allowed = needScope(caller, "ssf.manage");
      if (!allowed.ok) return allowed;
      if (caller.kind !== "token" || !isForStreams(caller.token))
        return refuse(
          problem("caller.scope", "a stream is made with the token of its receiver (`ssf.manage`)"),
        );
      const opened: StoredStream = {
        id: makeId("str", pool.take(16)),
        audience: caller.token.label,
        delivery: given.delivery,
        requested: TRANSMITTED.filter((kind) => given.requested.includes(eventUriOf(kind))),
        description: given.description,
        status: "enabled",
        reason: null,
        subjectTypes: caller.token.subjectTypes,
        added: [],
        removed: [],
      };
      const { latest } = clock.now();
      let full = false;
      await streams.change((all) => {
        // One that was never finished, by a node that went away, takes nobody's place for long.
        const kept = all.filter(({ openingSince }) => latest < plus(openingSince ?? latest, OPENING));
        full = kept.filter(({ audience }) => audience === opened.audience).length >= MOST_STREAMS;
        return full ? null : [...kept, { ...opened, openingSince: latest }];
      });
      if (full)
        return refuse(
          problem(
            "stream.too_many",
            `expected at most ${MOST_STREAMS} streams of one receiver; remove one of them first`,
          ),
        );
      const undo = async (): Promise<void> => {
        await streams.change((all) => all.filter(({ id }) => id !== opened.id));
        await at.end(opened.id);
      };
      try {
        await at.begin(opened.id, parts.size(), suspendedNow(parts.state));
        const noted = await recorded(caller, opened, "stream.opened");
        if (!noted.ok) {
          await undo();
          return noted;
        }
      } catch (cause) {
        await undo();
        throw cause;
      }
      let finished = false;
      await streams.change((all) => {
        finished = all.some(({ id }) => id === opened.id);
        return finished ? all.map((one) => (one.id === opened.id ? opened : one)) : null;
      });
      if (!finished) {
        await at.end(opened.id);
        await recorded(caller, opened, "stream.closed");
        return refuse(problem("busy", "making the stream took too long; try again in a moment"));
      }
      wake();
      return { ok: true, value: viewOf(opened) };
    },
    async list(caller) {
      const allowed = needScope(caller, "ssf.read", "ssf.manage");
      if (!allowed.ok) return allowed;
      return { ok: true, value: (await streams.all()).filter((one) => isOf(caller, one)).map(viewOf) };
    },
    async standing(caller) {
      const allowed = needScope(caller, "admin");
      return allowed.ok ? { ok: true, value: await standing.list() } : allowed;
    },
    counts: standing.counts,
    async get(caller, id) {
      const allowed = needScope(caller, "ssf.read", "ssf.manage");
      if (!allowed.ok) return allowed;
      const found = await find(caller, id);
      return found.ok ? { ok: true, value: viewOf(found.value) } : found;
    },
    async update(caller, id, given) {
      const changed = await edit(caller, id, (stream) => {
        if (given.delivery !== undefined && given.delivery.method !== stream.delivery.method)
          return refuse(
            problem("stream.delivery", "expected the delivery method that the stream was made with"),
          );
        return {
          ok: true,
          value: {
            ...stream,
            delivery: given.delivery ?? stream.delivery,
            requested:
              given.requested === undefined
                ? stream.requested
                : TRANSMITTED.filter((kind) => given.requested?.includes(eventUriOf(kind))),
            description: given.description === undefined ? stream.description : given.description,
          },
        };
      });
      return changed.ok ? { ok: true, value: viewOf(changed.value) } : changed;
    },
    async remove(caller, id) {
      const allowed = needScope(caller, "ssf.manage");
      if (!allowed.ok) return allowed;
      const found = await find(caller, id);
      if (!found.ok) return found;
      const noted = await recorded(caller, found.value, "stream.closed");
      if (!noted.ok) return noted;
      await streams.change((all) => all.filter((one) => one.id !== id));
      await at.end(found.value.id);
      return { ok: true, value: null };
    },
    async setStatus(caller, id, status, reason) {
      const changed = await edit(caller, id, (stream) => ({
        ok: true,
        value: { ...stream, status, reason },
      }));
      if (!changed.ok) return changed;
      await own(changed.value, STREAM_UPDATED_EVENT, { status, ...(reason === null ? {} : { reason }) });
      return { ok: true, value: viewOf(changed.value) };
    },
    async setSubject(caller, id, subject, follows) {
      const read = readSubjectId(subject);
      if (!read.ok)
        return refuse(
          problem("signal.malformed", read.refusal, [{ pointer: "#/subject", detail: read.refusal }]),
        );
      const found = await find(caller, id);
      if (!found.ok) return found;
      const types = found.value.subjectTypes.length === 0 ? ANY_TYPES : found.value.subjectTypes;
      const named = parts.names.named(read.value, { issuer: "", subjectTypes: types });
      const ref = named.subject ?? named.device;
      // Whether somebody is known here is not for every receiver to find out.
      const fresh = ref === null ? null : sealedName(ref, read.value, parts);
      if (ref === null || fresh === null) return { ok: true, value: null };
      const changed = await edit(caller, id, (stream) => {
        const removed = stream.removed.filter((one) => one !== ref);
        const others = stream.added.filter((one) => one.ref !== ref);
        // That somebody was erased is still to be told, unless their place is needed.
        const added = others.length < MOST_SUBJECTS ? others : others.filter((one) => isThere(one.ref));
        const characters = added.reduce((sum, { as }) => sum + as.length, fresh.as.length);
        if (follows && (added.length >= MOST_SUBJECTS || characters > MOST_CHARACTERS))
          return refuse(
            problem(
              "stream.too_many",
              `expected at most ${MOST_SUBJECTS} subjects on one stream, and names of ${MOST_CHARACTERS} characters together`,
            ),
          );
        return {
          ok: true,
          value: follows
            ? { ...stream, added: [...added, fresh], removed }
            : { ...stream, added, removed: [...removed, ref].slice(-MOST_SUBJECTS) },
        };
      });
      return changed.ok ? { ok: true, value: null } : changed;
    },
    async verify(caller, id, verification) {
      const allowed = needScope(caller, "ssf.manage");
      if (!allowed.ok) return allowed;
      const found = await find(caller, id);
      if (!found.ok) return found;
      const added = await own(
        found.value,
        VERIFICATION_EVENT,
        verification === null ? {} : { state: verification },
      );
      return added
        ? { ok: true, value: null }
        : refuse(problem("busy", "the stream cannot be verified right now; try again in a moment"));
    },
    async poll(caller, id, given) {
      const allowed = needScope(caller, "ssf.read", "ssf.manage");
      if (!allowed.ok) return allowed;
      // What is polled is acknowledged too: that is the receiver's alone, and no administrator's.
      const ofReceiver = async (): ReturnType<typeof find> => {
        const stream = await find(caller, id);
        return stream.ok && !isOf(caller, stream.value) ? notFound("stream", id) : stream;
      };
      const found = await ofReceiver();
      if (!found.ok) return found;
      if (found.value.delivery.method !== "poll")
        return refuse(problem("stream.delivery", "expected a stream that is polled, got one that is pushed"));
      for (const [jti, { err }] of given.setErrs)
        parts.alarm(
          `the receiver of the stream ${id} refused the event ${jti.slice(0, 64)}: ${err.slice(0, 64)}`,
        );
      await take(found.value.id, [...given.ack, ...given.setErrs.map(([jti]) => jti)], given.setErrs.length);
      const most = Math.min(given.most ?? MOST_POLLED, MOST_POLLED);
      const until = world.monotonic() + LONG_POLL_MS;
      for (;;) {
        // What was agreed may change while it waits.
        const now = await ofReceiver();
        if (!now.ok) return now;
        const stream = now.value;
        const read = await at.read(stream.id);
        if (read === null) return notFound("stream", id);
        const shown = stream.status === "paused" ? [] : null;
        const next = await waiting(stream, read.place, Math.max(most, 1), parts);
        await advance(stream, read.place, next);
        const events = most === 0 ? [] : (shown ?? next.events);
        const left = until - world.monotonic();
        if (
          events.length > 0 ||
          most === 0 ||
          given.returnImmediately ||
          left <= 0 ||
          stopping ||
          given.gone()
        )
          return {
            ok: true,
            value: {
              audience: stream.audience,
              events,
              more: next.more || (most === 0 && next.events.length > 0),
            },
          };
        await sleep(Math.min(left, LOOK_EVERY_MS));
      }
    },
    deliver: pushing({ ...parts, streams, at, take, advance, sleep, wake, stopping: () => stopping }),
    stop() {
      stopping = true;
      unlisten();
      wake();
    },
  };
}
