import { createHash } from "node:crypto";
import {
  type AccountNoticeKind,
  type ConcernEnd,
  countUse,
  type EntityRef,
  type Event,
  endOf,
  type Instant,
  type NoticeCause,
  type NoticeKind,
  parseInstant,
  timedNotices,
  type UseCount,
} from "@postern/core";
import type { StoredEntry } from "../ports/store.ts";
import type { State, StoredOptOut } from "../projection/state.ts";

interface AnyHappened {
  /** Orders what happened at one instant, and names it for good. */
  readonly key: string;
  readonly at: Instant;
}

/** Something that happened to an opt-out. */
export interface OptOutHappened extends AnyHappened {
  readonly kind: NoticeKind;
  readonly optOut: StoredOptOut;
  readonly until: Instant;
  readonly cause: NoticeCause | null;
}

/** Something that happened to somebody's account; the entry tells the rest. */
export interface AccountHappened extends AnyHappened {
  readonly kind: AccountNoticeKind;
  readonly subject: EntityRef;
  readonly entry: number;
}

/** Something that people are to be told, whoever they are. */
export type Happened = OptOutHappened | AccountHappened;

const OF_INTEREST =
  /"type":"(?:opt-out\.(?:granted|renewed|denied|revoked|suspended|resumed)|decision\.honoured|recovery\.finished)"/;

const RESUMED: Readonly<Record<ConcernEnd, NoticeCause>> = {
  calm: "calm",
  "step-up": "step-up",
  person: "cleared",
  signal: "cleared",
};

interface Written {
  readonly at: string;
  readonly type: Event["type"];
  readonly data: Readonly<Record<string, unknown>>;
}

/** What entries tell, in their order. `counts` is brought up to date with the uses among them. */
export function recorded(
  entries: readonly StoredEntry[],
  state: State,
  counts: Map<string, UseCount>,
): readonly Happened[] {
  const told: Happened[] = [];
  for (const { index, body } of entries) {
    if (body === null || !OF_INTEREST.test(body)) continue;
    const { type, at: when, data } = JSON.parse(body) as Written;
    const read = parseInstant(when);
    if (!read.ok) continue;
    const at = read.value;
    if (type === "decision.honoured") {
      told.push(...unusual((data as { readonly honours: Honours }).honours, at, state, counts));
      continue;
    }
    const key = String(index).padStart(16, "0");
    if (type === "recovery.finished") {
      told.push({ key, kind: "recovered", at, subject: data.subject as EntityRef, entry: index });
      continue;
    }
    const optOut = state.optOuts.get(String(data.optOut));
    if (optOut === undefined) continue;
    const base = { key, at, optOut };
    switch (type) {
      case "opt-out.granted":
      case "opt-out.renewed": {
        const kind = type === "opt-out.granted" ? "granted" : "renewed";
        const { expiresAt } = data as { readonly expiresAt: Instant };
        told.push({ ...base, kind, until: expiresAt, cause: null });
        break;
      }
      case "opt-out.denied":
        told.push({ ...base, kind: "refused", until: at, cause: "denied" });
        break;
      case "opt-out.revoked":
        told.push({ ...base, kind: "ended", until: at, cause: data.cause as NoticeCause });
        break;
      case "opt-out.suspended":
        if (data.cause === "signal")
          told.push({ ...base, kind: "suspended", until: endOf(optOut), cause: "signal" });
        break;
      case "opt-out.resumed": {
        const cause = data.cause as ConcernEnd | undefined;
        if (cause !== undefined)
          told.push({ ...base, kind: "resumed", until: endOf(optOut), cause: RESUMED[cause] });
        break;
      }
      default:
        break;
    }
  }
  return told;
}

type Honours = readonly { readonly optOuts: readonly string[] }[];

function unusual(
  honours: Honours,
  at: Instant,
  state: State,
  counts: Map<string, UseCount>,
): readonly Happened[] {
  const told: Happened[] = [];
  for (const { optOuts } of honours) {
    for (const id of optOuts) {
      const used = countUse(counts.get(id), at);
      counts.delete(id);
      counts.set(id, used.count);
      const optOut = used.unusual ? state.optOuts.get(id) : undefined;
      if (optOut === undefined) continue;
      told.push({
        key: `unusual-${used.count.day}`,
        kind: "unusual",
        at,
        optOut,
        until: endOf(optOut),
        cause: null,
      });
    }
  }
  return told;
}

/** What falls due in a span of time, of all opt-outs. */
export function due(state: State, from: Instant, to: Instant): readonly Happened[] {
  const told: Happened[] = [];
  for (const optOut of state.optOuts.all()) {
    for (const { kind, at, cause } of timedNotices(optOut, from, to))
      told.push({ key: `${kind}-${at}`, kind, at, optOut, until: endOf(optOut), cause });
  }
  return told;
}

/** The name of a message: the same whoever works it out, and whenever. */
export function messageId(one: Happened, to: string | null): string {
  const about = one.kind === "recovered" ? one.subject : one.optOut.id;
  const name = [one.kind, about, one.key, ...(to === null ? [] : [to])].join("/");
  return `msg_${createHash("sha256").update(name).digest("hex").slice(0, 40)}`;
}
