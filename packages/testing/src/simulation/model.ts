import type { Actor, Event, LockTarget } from "@postern/core";
import { assuranceAt } from "./world-policy.ts";

/** An opt-out as the reference knows it: plain words of the log, no row, no index. */
export interface KnownOptOut {
  readonly id: string;
  readonly offer: string;
  readonly holder: string | null;
  readonly requestedBy: string;
  readonly consentNeeded: boolean;
  readonly approvalsNeeded: number;
  readonly usesMax: number | null;
  consented: boolean;
  approvals: string[];
  standing: "pending" | "granted" | "suspended" | "ended";
  startsAt: number;
  expiresAt: number;
  reviewBy: number;
  capAt: number;
  decideBy: number;
  used: number;
}

interface KnownSession {
  readonly subject: string;
  readonly acr: string;
  readonly expiresAt: number;
  revoked: boolean;
}

interface KnownLock {
  readonly target: LockTarget;
  readonly until: number | null;
  lifted: boolean;
}

/** An entry of the log, read back. */
export interface LogEntry {
  readonly at: number;
  readonly by: Actor;
  readonly event: Event;
}

/** What a serial reader of the log knows at one place of it. */
export interface Model {
  size: number;
  at: number;
  epoch: number;
  revision: string | null;
  readonly optOuts: Map<string, KnownOptOut>;
  readonly sessions: Map<string, KnownSession>;
  readonly locks: Map<string, KnownLock>;
  /** Subjects that an administrator made staff. */
  readonly staff: Set<string>;
  readonly tokens: Set<string>;
  readonly revokedTokens: Set<string>;
  readonly decisions: Map<string, { readonly index: number; readonly position: number }>;
}

export function emptyModel(): Model {
  return {
    size: 0,
    at: 0,
    epoch: 1,
    revision: null,
    optOuts: new Map(),
    sessions: new Map(),
    locks: new Map(),
    staff: new Set(),
    tokens: new Set(),
    revokedTokens: new Set(),
    decisions: new Map(),
  };
}

export function readEntry(body: string): LogEntry {
  const { at, by, type, data } = JSON.parse(body) as {
    readonly at: string;
    readonly by: Actor;
    readonly type: string;
    readonly data: object;
  };
  return { at: Date.parse(at), by, event: { type, ...data } as Event };
}

export interface Asked {
  readonly session: string;
  /** Control-plane time at which it is asked. */
  readonly at: number;
  readonly path: string;
}

/** Why an opt-out may not be honoured for a session; null: it may. */
export function whyNot(model: Model, optOut: KnownOptOut, subject: string, at: number): string | null {
  if (optOut.standing !== "granted") return "not in force";
  if (!chosen(optOut)) return "not chosen";
  if (optOut.holder !== subject) return "another's";
  if (at < optOut.startsAt) return "not started";
  if (at >= optOut.expiresAt || at >= optOut.reviewBy || at >= optOut.capAt) return "ended";
  if (!offersOf(model.revision).has(optOut.offer)) return "not offered";
  if (optOut.usesMax !== null && optOut.used >= optOut.usesMax) return "uses spent";
  if (isLocked(model, optOut, at)) return "locked";
  return null;
}

export function isLocked(model: Model, optOut: KnownOptOut, at: number): boolean {
  for (const { target, until, lifted } of model.locks.values()) {
    if (lifted || (until !== null && at >= until)) continue;
    if (target.kind === "everything") return true;
    if (target.kind === "subject" && target.subject === optOut.holder) return true;
    if (target.kind === "opt-out" && target.optOut === optOut.id) return true;
    if (target.kind === "offer" && target.offer === optOut.offer) return true;
  }
  return false;
}

/** Law 3: the consent of its subject, and approvals of as many others as it needs. */
export function chosen(optOut: KnownOptOut): boolean {
  if (optOut.consentNeeded && !optOut.consented) return false;
  if (optOut.approvals.some((by) => by === optOut.requestedBy || by === optOut.holder)) return false;
  return new Set(optOut.approvals).size >= optOut.approvalsNeeded;
}

export interface Judgement {
  readonly outcome: "permit" | "honour" | "refuse";
  /** Opt-outs of which each alone would do. */
  readonly usable: ReadonlySet<string>;
}

const REFUSE: Judgement = { outcome: "refuse", usable: new Set() };

/** The answer that follows from the log alone. */
export function judge(model: Model, { session: id, at, path }: Asked): Judgement {
  const session = model.sessions.get(id);
  if (session === undefined || session.revoked || at >= session.expiresAt) return REFUSE;
  if (!model.staff.has(session.subject) || model.revision === null) return REFUSE;
  const needed = assuranceAt(path);
  if (needed === null) return REFUSE;
  if (needed.stepUp === "aal1" || session.acr === "aal2") return { outcome: "permit", usable: new Set() };
  if (needed.sensitive) return REFUSE;
  const usable = new Set<string>();
  for (const optOut of model.optOuts.values())
    if (whyNot(model, optOut, session.subject, at) === null) usable.add(optOut.id);
  return usable.size > 0 ? { outcome: "honour", usable } : REFUSE;
}

/** Offers by the revision that makes them; told by whoever publishes. */
const offers = new Map<string, ReadonlySet<string>>();
const NONE: ReadonlySet<string> = new Set();

export function tellOffers(revision: string, names: readonly string[]): void {
  offers.set(revision, new Set(names));
}

export function offersOf(revision: string | null): ReadonlySet<string> {
  return (revision === null ? undefined : offers.get(revision)) ?? NONE;
}
