import {
  type Actor,
  type Concern,
  type Entity,
  type EntityRef,
  formatInstant,
  type Heard,
  type Instant,
  isComplianceNews,
  type Matter,
  makeId,
  type Policy,
  type Result,
  refuse,
  rulesFor,
  type SignalId,
  type Statement,
} from "@postern/core";
import type { ControlClock } from "../clock/control-clock.ts";
import type { Directory } from "../entities/directory.ts";
import type { Keyring } from "../keyring/keyring.ts";
import { holderTouch } from "../opt-outs/touches.ts";
import type { Artifacts } from "../ports/artifacts.ts";
import { type Problem, problem } from "../problem.ts";
import type { State } from "../projection/state.ts";
import type { Draft, DraftEvent } from "../record/command.ts";
import type { Writer } from "../record/writer.ts";
import type { RandomPool } from "../seal/box.ts";
import { consequenceOf, isRise, type Named, sessionsOf } from "./consequence.ts";
import { type Flood, flood, MINUTE } from "./flood.ts";

/** One signal, from whatever source, in our own words. */
export interface TakenSignal {
  readonly source: string;
  /** Its own name for it: the same twice is one signal. */
  readonly id: string;
  readonly said: Statement;
  readonly happenedAt: Instant;
  readonly named: Named;
  /** What else it says, to be sealed under the key of whom it is about. */
  readonly detail: unknown;
}

export type SignalOutcome =
  /** Something follows from it, or stands because of it, and is in force. */
  | "in-force"
  /** It is recorded; nothing had to follow. */
  | "recorded"
  /** It says what stands already, and comes too often to be recorded each time. */
  | "coalesced"
  /** Its source has said something newer. */
  | "outdated"
  /** We know nobody by the name that it gives. */
  | "unmatched"
  /** Policy has no rule for it. */
  | "not-mapped";

export interface SignalReceipt {
  readonly signal: SignalId | null;
  readonly outcome: SignalOutcome;
  readonly suspended: number;
  readonly sessionsEnded: number;
  /** The entry of its record; null: there is none. */
  readonly entry: number | null;
}

export interface IntakeParts {
  readonly state: State;
  readonly writer: Writer;
  readonly clock: ControlClock;
  readonly keys: Keyring;
  readonly pool: RandomPool;
  readonly artifacts: Artifacts;
  readonly directory: Pick<Directory, "blind">;
  readonly policy: () => Policy;
  readonly alarm: (detail: string) => void;
}

export interface Intake {
  /** In force for every decision that starts after it answers. `repeated`: it was taken before. */
  take(
    by: Actor | null,
    signal: TakenSignal,
  ): Promise<Result<SignalReceipt & { readonly repeated: boolean }, Problem>>;
  /** Outcomes since the start, by source. */
  counts(): ReadonlyMap<string, Readonly<Partial<Record<SignalOutcome, number>>>>;
  /** Told that what a source raised is over, and when by its own time it said so. */
  noteCleared(about: EntityRef, concern: Concern): void;
}

/** How far a source's clock may be ahead. */
const AHEAD = MINUTE;
/** Older ones say nothing of now. A transmitter that was away for days still counts. */
export const OLDEST_SIGNAL: number = 7 * 86_400_000;
/** Longer than the oldest that is taken, so that none is taken twice. */
const REMEMBERED_SECONDS = 8 * 86_400;
const MOST_RECENT = 20_000;
const MOST_SOURCES = 500;
const KIND = "signal";

export function intake(parts: IntakeParts): Intake {
  const { state, writer, clock, pool, artifacts } = parts;
  const floods: Flood = flood();
  const recent = new Map<string, SignalReceipt>();
  const clears = new Map<string, Instant>();
  const tallies = new Map<string, Partial<Record<SignalOutcome, number>>>();
  const clearKey = (about: EntityRef, { source, rule, kind, detail = null }: Matter): string =>
    JSON.stringify([about, source, rule, kind, detail]);

  function tally(source: string, outcome: SignalOutcome): void {
    if (!tallies.has(source) && tallies.size >= MOST_SOURCES) return;
    const counted = tallies.get(source) ?? {};
    counted[outcome] = (counted[outcome] ?? 0) + 1;
    tallies.set(source, counted);
  }

  function remember(key: string, receipt: SignalReceipt): void {
    bounded(recent, MOST_RECENT);
    recent.set(key, receipt);
  }

  async function before(key: string): Promise<SignalReceipt | null> {
    const here = recent.get(key);
    if (here !== undefined) return here;
    try {
      return ((await artifacts.get(KIND, key))?.payload as SignalReceipt | undefined) ?? null;
    } catch {
      // What is not known is taken again: a signal that is taken twice only narrows.
      return null;
    }
  }

  async function keep(key: string, receipt: SignalReceipt): Promise<void> {
    remember(key, receipt);
    try {
      const seconds = REMEMBERED_SECONDS;
      await artifacts.put(KIND, key, { payload: receipt, grant: null, uid: null, seconds });
    } catch {
      parts.alarm("a signal that was taken could not be noted; it would be taken again if it came again");
    }
  }

  function checkTime(at: Instant): Problem | null {
    const { latest } = clock.now();
    if (at > latest + AHEAD)
      return problem("signal.future", "expected a signal of something that has happened", [
        { pointer: "#/time", detail: `at the latest ${formatInstant(latest)}` },
      ]);
    if (at < latest - OLDEST_SIGNAL)
      return problem("signal.too_old", "expected a signal of the last seven days", [
        {
          pointer: "#/time",
          detail: `at the earliest ${formatInstant((latest - OLDEST_SIGNAL) as Instant)}`,
        },
      ]);
    return null;
  }

  /** Hashed with whom it is about, so that no entry ties two of them by what they had. */
  function detailOf({ said: { principal }, named }: TakenSignal, about: EntityRef): string | null {
    const { device, detail } = named;
    // What a device is like is said of itself, by whatever name.
    const of = about === device ? null : detail;
    if (principal === null && of === null) return null;
    return parts.directory.blind({ type: "signal", id: JSON.stringify([about, principal, of]) });
  }

  function draft(
    signal: TakenSignal,
    about: EntityRef,
    by: Actor | null,
    at: Instant,
  ): Result<Draft<SignalReceipt>, Problem> {
    const nothing = (outcome: SignalOutcome): Result<Draft<SignalReceipt>, Problem> => ({
      ok: true,
      value: { events: [], done: () => receiptOf(null, outcome) },
    });
    const entity = state.entity(about);
    if (entity === undefined || entity.deletedAt !== null) return nothing("unmatched");
    const matches = rulesFor(parts.policy(), signal.source, signal.said);
    const compliance = complianceIn(signal, entity);
    if (matches.length === 0 && compliance === null) return nothing("not-mapped");
    const id: SignalId = makeId("sig", pool.take(16));
    const heard: Heard = {
      id,
      source: signal.source,
      said: signal.said,
      detail: detailOf(signal, about),
      happenedAt: signal.happenedAt,
      since: at,
    };
    const left = floods.left(about, at);
    const follows = consequenceOf(matches, heard, entity, signal.named, state, {
      left,
      lastClear: (matter) => clears.get(clearKey(about, matter)) ?? null,
    });
    const news = compliance?.news === true;
    if ((follows.outdated || matches.length === 0) && !news) return nothing("outdated");
    // That it still complies is no entry. That it still does not is one: an older all-clear must not pass it.
    if (matches.length === 0 && compliance?.same === true && !signal.said.amiss) return nothing("coalesced");
    const turns = news && !compliance.same;
    const narrows =
      follows.suspended.length + follows.ended.length > 0 ||
      follows.concerns.some((one) => one.clearedAt === null && isRise(one, entity.concerns)) ||
      (turns && signal.said.amiss);
    if (left === 0 && !narrows) {
      // What would open something is not taken in silence: its source sends it again.
      if (follows.concerns.length > 0 || turns)
        return refuse(
          problem(
            "signal.too_many",
            "too many signals about one subject within a minute; send it again in a minute",
          ),
        );
      return nothing("coalesced");
    }
    const event: DraftEvent = {
      by: by ?? { person: null, via: "system" },
      event: {
        type: "signal.received",
        signal: id,
        source: signal.source,
        kind: signal.said.kind,
        level: signal.said.level,
        amiss: signal.said.amiss,
        happenedAt: signal.happenedAt,
        about,
        concerns: follows.concerns,
        ...(news ? { compliant: !signal.said.amiss } : {}),
      },
      sealed: { detail: { key: about, value: { id: signal.id, detail: signal.detail } } },
    };
    return {
      ok: true,
      value: {
        events: [event, ...follows.suspended, ...follows.ended],
        done(first) {
          floods.count(about, at);
          const outcome = narrows || news || follows.concerns.length > 0 ? "in-force" : "recorded";
          return {
            signal: id,
            outcome,
            suspended: follows.suspended.length,
            sessionsEnded: follows.ended.length,
            entry: first,
          };
        },
      },
    };
  }

  return {
    async take(by, signal) {
      const key = JSON.stringify([signal.source, signal.id]);
      const known = await before(key);
      if (known !== null) return { ok: true, value: { ...known, repeated: true } };
      const time = checkTime(signal.happenedAt);
      if (time !== null) return refuse(time);
      const about = aboutOf(signal);
      if (about === null) {
        const receipt = receiptOf(null, "unmatched");
        tally(signal.source, "unmatched");
        return { ok: true, value: { ...receipt, repeated: false } };
      }
      let repeated = false;
      const written = await writer.submit<SignalReceipt>({
        by,
        touches: [`signal:${key}`, holderTouch(about)],
        alsoTouches: (now) => touchesOf(now, about, signal.named),
        run(_, at) {
          const taken = recent.get(key);
          repeated = taken !== undefined;
          if (taken !== undefined) return { ok: true, value: { events: [], done: () => taken } };
          const made = draft(signal, about, by, at);
          if (!made.ok) return made;
          const { done, ...rest } = made.value;
          return {
            ok: true,
            value: {
              ...rest,
              done(first) {
                const receipt = done(first);
                if (isFinal(receipt)) remember(key, receipt);
                return receipt;
              },
            },
          };
        },
      });
      if (!written.ok) return written;
      if (!repeated) {
        tally(signal.source, written.value.outcome);
        if (isFinal(written.value)) await keep(key, written.value);
      }
      return { ok: true, value: { ...written.value, repeated } };
    },
    counts: () => tallies,
    noteCleared(about, concern) {
      const key = clearKey(about, concern);
      const at = concern.clearedAt ?? concern.at;
      const noted = clears.get(key);
      if (noted !== undefined && noted >= at) return;
      clears.delete(key);
      bounded(clears, MOST_RECENT);
      clears.set(key, at);
    },
  };
}

/** What it says of whether a device complies: whether that is new, and what stood already. Null: nothing. */
function complianceIn(
  { said, source, happenedAt }: TakenSignal,
  { compliance }: Entity,
): { readonly news: boolean; readonly same: boolean } | null {
  if (said.kind !== "device-compliance-change") return null;
  const compliant = !said.amiss;
  return {
    news: isComplianceNews(compliance, { source, compliant, at: happenedAt }),
    same: compliance?.find((one) => one.source === source)?.compliant === compliant,
  };
}

/** Whom it is held against: whose it says that it is, a device for what a device is like, else the person. */
function aboutOf({ said, named: { subject, device, session } }: TakenSignal): EntityRef | null {
  switch (said.principal) {
    case "user":
      return subject;
    case "device":
      return device;
    case "session":
      // Nothing is held against a session: its person answers for it, where it is one that we know.
      return session === null ? null : subject;
    case null:
      return said.kind === "device-compliance-change" ? (device ?? subject) : (subject ?? device);
    default:
      return said.principal satisfies never;
  }
}

/** What it may end and suspend is not changed by anybody else in the same commit. */
function touchesOf(state: State, about: EntityRef, named: Named): readonly string[] {
  const blind = (ref: EntityRef | null): readonly string[] => {
    const found = ref === null ? undefined : state.entity(ref)?.blind;
    return found === undefined || found === "" ? [] : [`entity:${found}`];
  };
  const sessions = sessionsOf("all", named, state).map(({ id }) => `session:${id}`);
  return [
    ...blind(about),
    ...blind(named.subject),
    ...(named.session === null ? [] : [`session:${named.session}`]),
    ...sessions,
  ];
}

/** Whom nobody knows today, and what no rule takes today, may be known and taken when the source sends it again. */
function isFinal({ outcome }: SignalReceipt): boolean {
  return outcome !== "unmatched" && outcome !== "not-mapped";
}

function receiptOf(signal: SignalId | null, outcome: SignalOutcome): SignalReceipt {
  return { signal, outcome, suspended: 0, sessionsEnded: 0, entry: null };
}

function bounded<Value>(map: Map<string, Value>, most: number): void {
  if (map.size < most) return;
  for (const key of map.keys()) {
    map.delete(key);
    if (map.size < most) return;
  }
}
