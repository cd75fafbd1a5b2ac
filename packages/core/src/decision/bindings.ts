import type { Attributes, Bindings, CelTimestamp, CelValue, Row } from "../policy/condition/index.ts";
import type { AttributeDeclarations, Reads } from "../policy/revision.ts";
import type { Signals } from "../risk/signal.ts";
import { deviceIsTrusted } from "../session/device.ts";
import { sessionIsLive } from "../session/session.ts";
import type { Instant, Now } from "../vocabulary/instant.ts";
import { RISK_LEVELS, type RiskLevel } from "../vocabulary/risk-level.ts";
import type { DecisionRequest, DeviceFacts, Facts, LaidOut } from "./request.ts";

export function timestampOf(at: Instant): CelTimestamp {
  return { kind: "timestamp", seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 };
}

/** What was bound while the risk was not known yet. */
export interface Bound {
  readonly bindings: Bindings;
  readonly reads: Reads;
}

/**
 * The same once the risk is known: what was made for its rules is not made again. Null: something is read now that
 * was left out then.
 */
export function withRisk(
  { bindings, reads: made }: Bound,
  reads: Reads,
  risk: RiskLevel,
  score: number | null,
): Bindings | null {
  if (!includes(made, reads)) return null;
  if (!reads.risk) return bindings;
  const known = [...bindings];
  known[RISK_AT] = riskRow(risk, score);
  return known;
}

function includes(made: Reads, reads: Reads): boolean {
  return (
    (made.resource || !reads.resource) &&
    (made.action || !reads.action) &&
    (made.session || !reads.session) &&
    (made.sessionTimes || !reads.sessionTimes) &&
    (made.states || !reads.states) &&
    (made.sessionAge || !reads.sessionAge) &&
    (made.clock || !reads.clock)
  );
}

/** One value per declared attribute of a variable, in the order of its declarations. */
type MutableRow = (CelValue | undefined)[];

const RISK: Readonly<Record<RiskLevel, Row>> = {
  low: ["low"],
  medium: ["medium"],
  high: ["high"],
  unknown: ["unknown"],
};
const NO_STATES: ReadonlyMap<string, CelValue> = new Map();
export const EVERYTHING: Reads = {
  resource: true,
  action: true,
  session: true,
  sessionTimes: true,
  states: true,
  sessionAge: true,
  clock: true,
  risk: true,
};
const RISK_AT = 6;
const BUILT_IN = { subject: 2, device: 4, resource: 2, action: 1 } as const;
const EMPTY: Attributes = new Map<string, never>();

/**
 * The values that conditions read, in the order of `CONDITION_VARIABLES`. What we hold (`entity`) wins over
 * what a request says: policy declares one source per attribute, and the two never meet under one name.
 * What `reads` says that no condition reads may be left out, since making it is most of the work.
 */
export function bind(
  request: DecisionRequest,
  facts: Facts,
  declared: AttributeDeclarations,
  risk: RiskLevel,
  now: Now,
  reads: Reads = EVERYTHING,
  score: number | null = null,
): Bindings {
  const { subject, device } = facts;
  const { given } = request;
  return [
    request.subject === null
      ? undefined
      : row(
          "subject",
          declared,
          subject?.attributes ?? EMPTY,
          given.subject,
          request.subject.id,
          request.subject.type,
          subject?.laidOut,
        ),
    device === null ? undefined : deviceRow(device, facts, declared, now),
    reads.resource
      ? row("resource", declared, facts.resource, given.resource, request.resource.id, request.resource.type)
      : undefined,
    reads.action ? row("action", declared, EMPTY, given.action, request.action, undefined) : undefined,
    given.context,
    reads.session ? sessionRow(facts, now, reads) : undefined,
    riskRow(risk, score),
    reads.states ? statesOf(facts) : undefined,
    reads.clock ? [timestampOf(now.latest)] : undefined,
    request.network === null ? undefined : [request.network],
    facts.risk === undefined ? undefined : signalsRow(facts.risk.row, facts, now, reads),
  ];
}

/**
 * The row of one variable: its two built-in attributes first (a name and what goes with it), then what policy
 * declares. What we hold of an entity may come laid out already, for every decision about it.
 */
function row(
  variable: "subject" | "device" | "resource" | "action",
  declared: AttributeDeclarations,
  held: Attributes,
  given: Attributes,
  first: CelValue,
  second: CelValue | undefined,
  ready?: LaidOut,
): Row {
  const known = ready?.declared === declared && given.size === 0 ? ready.row : undefined;
  // A row laid out for another name is not this one's.
  if (known !== undefined && known[0] === first && known[1] === second) return known;
  return layOut(variable, declared, held, given, first, second);
}

/** Nothing rests on a device by its name alone: `trusted` says that its key was proved within the last minute. */
function deviceRow(device: DeviceFacts, { session }: Facts, declared: AttributeDeclarations, now: Now): Row {
  const { id, shared, attributes, trust, laidOut: ready } = device;
  const first = row("device", declared, attributes, EMPTY, id, shared ?? undefined, ready);
  if (trust === null || trust === undefined) return first;
  const known: MutableRow = [...first];
  known[2] = deviceIsTrusted(device, session?.subject ?? null, now.latest);
  known[3] = trust.provedAt === null ? undefined : timestampOf(trust.provedAt);
  return known;
}

/** What we hold of an entity as conditions of one policy read it. Made once, where the entity is known. */
export function laidOut(
  variable: "subject" | "device",
  declared: AttributeDeclarations,
  attributes: Attributes,
  first: CelValue,
  second: CelValue | undefined,
): LaidOut {
  return { declared, row: layOut(variable, declared, attributes, EMPTY, first, second) };
}

function layOut(
  variable: "subject" | "device" | "resource" | "action",
  declared: AttributeDeclarations,
  attributes: Attributes,
  given: Attributes,
  first: CelValue,
  second: CelValue | undefined,
): Row {
  const builtIn = BUILT_IN[variable];
  const names = declared.get(variable);
  const values: MutableRow = variable === "action" ? [first] : [first, second];
  if (variable === "device") values.push(false, undefined);
  if (names === undefined || names.size === builtIn) return values;
  let at = 0;
  for (const name of names.keys()) {
    if (at >= builtIn) values.push(attributes.get(name) ?? given.get(name));
    at += 1;
  }
  return values;
}

const SCORED = new Map<number, Row>();

/** Rows are few, and made once. */
function riskRow(level: RiskLevel, score: number | null): Row {
  if (score === null) return RISK[level];
  const key = score * 4 + RISK_LEVELS.indexOf(level);
  const known = SCORED.get(key);
  if (known !== undefined) return known;
  const made: Row = [level, BigInt(score)];
  SCORED.set(key, made);
  return made;
}

/** What was worked out when the signals changed; only the age of the session goes on by itself. */
function signalsRow(known: Row, { session }: Facts, now: Now, reads: Reads): Row {
  if (!reads.sessionAge || session === null) return known;
  const age = Math.max(0, now.latest - session.startedAt);
  const seconds = Math.floor(age / 1000);
  return [...known, { kind: "duration", seconds, nanos: (age - seconds * 1000) * 1_000_000 }];
}

/** The signals as conditions read them, in the order of their declarations, all but the age of the session. */
export function rowOfSignals(signals: Signals): Row {
  const { failedAttempts, credentialChangedAt } = signals;
  return [
    signals.newDevice ?? undefined,
    signals.newNetwork ?? undefined,
    signals.newAsn ?? undefined,
    signals.newCountry ?? undefined,
    signals.newAgent ?? undefined,
    signals.unusualHour ?? undefined,
    signals.impossibleTravel ?? undefined,
    signals.knownBadNetwork ?? undefined,
    failedAttempts === null ? undefined : BigInt(failedAttempts),
    credentialChangedAt === null ? undefined : timestampOf(credentialChangedAt),
    signals.compliance,
    BigInt(signals.signIns),
  ];
}

/** Only a live session of this very subject says anything. */
function sessionRow({ session, subject }: Facts, now: Now, reads: Reads): Row | undefined {
  if (session === null || subject === null || session.subject !== subject.ref) return undefined;
  if (!sessionIsLive(session, now.latest)) return undefined;
  if (!reads.sessionTimes) return [session.acr, session.amr];
  const { acr, amr, authTime, startedAt, expiresAt } = session;
  return [acr, amr, timestampOf(authTime), timestampOf(startedAt), timestampOf(expiresAt)];
}

function statesOf({ subject }: Facts): ReadonlyMap<string, CelValue> {
  if (subject === null || subject.states.size === 0) return NO_STATES;
  return new Map([...subject.states].map((state) => [state, true]));
}
