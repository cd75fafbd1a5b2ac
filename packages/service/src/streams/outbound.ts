import { createHash } from "node:crypto";
import {
  type Assurance,
  demandOf,
  type Event,
  type Factor,
  type FactorKind,
  hasEnded,
  type Instant,
  type Policy,
  parseInstant,
  reaches,
  reachesProtection,
  type Scope,
  type SignalKind,
  type StreamId,
  WITHDRAWN_STATES,
} from "@postern/core";
import type { StoredEntry } from "../ports/store.ts";
import type { State } from "../projection/state.ts";

/** One security event on its way to a receiver, but for the signature. */
export interface OutboundEvent {
  readonly jti: string;
  readonly stream: StreamId;
  /** When what it tells was recorded: also when it counts as issued, so that a token is the same whenever it is made. */
  readonly at: Instant;
  readonly uri: string;
  /** Null where it is about the stream itself. */
  readonly about: About | null;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What one cause led to has it in common. */
  readonly txn: string;
}

/** By our own references. */
export interface About {
  readonly user: string | null;
  /** The name under which the receiver asked to be told of the user (RFC 9493); absent: by our reference. */
  readonly userAs?: unknown;
  readonly device: string | null;
  readonly session: string | null;
}

/** What happened, before any stream is asked. */
export interface Told {
  readonly kind: SignalKind;
  readonly about: About;
  readonly claims: Readonly<Record<string, unknown>>;
}

const OF_INTEREST =
  /"type":"(?:session\.(?:revoked|raised)|factor\.(?:enrolled|removed)|entity\.(?:put|deleted)|opt-out\.(?:granted|revoked|suspended|resumed)|signal\.received|recovery\.begun)"/;

/** The kinds that our own state tells. */
export const TRANSMITTED: readonly SignalKind[] = [
  "session-revoked",
  "assurance-level-change",
  "credential-change",
  "device-compliance-change",
  "risk-level-change",
  "account-disabled",
  "account-enabled",
  "account-purged",
  "recovery-activated",
];

interface Written {
  readonly at: string;
  readonly by: { readonly person: string | null; readonly via: string };
  readonly type: Event["type"];
  readonly data: Readonly<Record<string, unknown>>;
}

/** What earlier entries said, brought up to date by each. */
export interface Known {
  /** Who was told to be disabled. */
  readonly disabled: Set<string>;
  /** Opt-outs that are suspended. */
  readonly suspended: Set<string>;
}

/** What a stream that begins now has to know of opt-outs. */
export function suspendedNow(state: State): readonly string[] {
  const found: string[] = [];
  for (const { id, standing } of state.optOuts.all()) if (standing === "suspended") found.push(id);
  return found.slice(-10_000);
}

/** What one entry tells. */
export function toldBy(
  { body }: StoredEntry,
  state: State,
  known: Known,
  policy: Policy,
): { readonly at: Instant; readonly told: readonly Told[] } | null {
  if (body === null || !OF_INTEREST.test(body)) return null;
  const written = JSON.parse(body) as Written;
  const at = parseInstant(written.at);
  if (!at.ok) return null;
  const event = { type: written.type, ...written.data } as Event;
  const told = tell(event, written, at.value, state, known, policy);
  return told.length === 0 ? null : { at: at.value, told };
}

function tell(
  event: Event,
  { by }: Written,
  at: Instant,
  state: State,
  known: Known,
  policy: Policy,
): readonly Told[] {
  const { disabled } = known;
  const stamp = { event_timestamp: Math.floor(at / 1000) };
  const of = (user: string | null, session: string | null = null, device: string | null = null): About => ({
    user,
    session,
    device,
  });
  switch (event.type) {
    case "session.revoked": {
      const subject = state.session(event.session)?.subject ?? null;
      const claims = { ...stamp, initiating_entity: initiator(event.cause) };
      return [{ kind: "session-revoked", about: of(subject, event.session), claims }];
    }
    case "session.raised": {
      const subject = state.session(event.session)?.subject ?? null;
      const claims = {
        ...stamp,
        ...level(event.acr),
        change_direction: "increase",
        initiating_entity: "user",
      };
      return [{ kind: "assurance-level-change", about: of(subject, event.session), claims }];
    }
    case "opt-out.granted":
    case "opt-out.resumed":
    case "opt-out.revoked":
    case "opt-out.suspended":
      return waived(event, at, state, known, policy);
    case "factor.enrolled":
    case "factor.removed": {
      const factor = event.type === "factor.enrolled" ? event.factor : state.factor(event.factor);
      const type = factor === undefined ? undefined : credentialOf(factor);
      if (factor === undefined || type === undefined) return [];
      const change =
        event.type === "factor.enrolled" ? "create" : event.cause === "person" ? "delete" : "revoke";
      const claims = { ...stamp, credential_type: type, change_type: change };
      return [{ kind: "credential-change", about: of(factor.subject), claims }];
    }
    case "recovery.begun":
      return [{ kind: "recovery-activated", about: of(event.subject), claims: stamp }];
    case "entity.deleted":
      disabled.delete(event.entity);
      return event.entity.startsWith("sub_")
        ? [{ kind: "account-purged", about: of(event.entity), claims: stamp }]
        : [];
    case "entity.put": {
      const { ref, states } = event.entity;
      if (!ref.startsWith("sub_")) return [];
      const out = WITHDRAWN_STATES.some((name) => states[name] !== undefined);
      if (out === disabled.has(ref)) return [];
      if (out) disabled.add(ref);
      else disabled.delete(ref);
      return [{ kind: out ? "account-disabled" : "account-enabled", about: of(ref), claims: stamp }];
    }
    case "signal.received": {
      // What another transmitter said is its own to tell: two that tell each other would never stop.
      if (!by.via.startsWith("tok_")) return [];
      const { about, kind } = event;
      const ref = about.startsWith("dev_") ? of(null, null, about) : of(about);
      if (kind === "device-compliance-change") {
        const claims = {
          ...stamp,
          previous_status: event.amiss ? "compliant" : "not-compliant",
          current_status: event.amiss ? "not-compliant" : "compliant",
        };
        return [{ kind, about: ref, claims }];
      }
      if (kind !== "risk-level-change" || event.level === null) return [];
      const claims = {
        ...stamp,
        principal: about.startsWith("dev_") ? "DEVICE" : "USER",
        current_level: event.level.toUpperCase(),
      };
      return [{ kind, about: ref, claims }];
    }
    default:
      return [];
  }
}

/** While a step or a sign-in is waived less is proved; when that ends, as much as is asked for without it. */
function waived(
  event: Extract<Event, { readonly type: `opt-out.${string}`; readonly optOut: unknown }>,
  at: Instant,
  state: State,
  { suspended }: Known,
  policy: Policy,
): readonly Told[] {
  const optOut = typeof event.optOut === "string" ? state.optOuts.get(event.optOut) : undefined;
  if (optOut === undefined) return [];
  const before = suspended.has(optOut.id);
  if (event.type === "opt-out.suspended") suspended.add(optOut.id);
  else suspended.delete(optOut.id);
  if (optOut.control !== "step-up" && optOut.control !== "authentication") return [];
  if (optOut.holder.kind === "anonymous" || optOut.holder.subject === null) return [];
  const begins = event.type === "opt-out.granted" || event.type === "opt-out.resumed";
  const runs = optOut.grantedAt !== null && optOut.startsAt <= at && !hasEnded(optOut, at);
  // What was suspended waived nothing any more: its end changes nothing.
  if (!runs || (!begins && before)) return [];
  const without = requiredIn(optOut.scope, policy);
  if (reaches(optOut.downTo, without)) return [];
  const [previous, current] = begins ? [without, optOut.downTo] : [optOut.downTo, without];
  const claims = {
    event_timestamp: Math.floor(at / 1000),
    ...level(current),
    previous_level: levelName(previous),
    change_direction: begins ? "decrease" : "increase",
    initiating_entity: "policy",
  };
  return [
    {
      kind: "assurance-level-change",
      about: { user: optOut.holder.subject, device: null, session: null },
      claims,
    },
  ];
}

/** The highest that policy asks for in a scope, the step-up included. */
function requiredIn(scope: Scope, policy: Policy): Assurance {
  const reached = policy.protections.filter(
    (protection) => protection.mode === "enforce" && reachesProtection(scope, protection),
  );
  const { assurance, stepUp } = demandOf(reached, policy, "unknown");
  return stepUp === null || reaches(assurance, stepUp.assurance) ? assurance : stepUp.assurance;
}

function level(acr: Assurance): object {
  return { namespace: "NIST-AAL", current_level: levelName(acr) };
}

function levelName(acr: Assurance): string {
  return acr === "none" ? "none" : `nist-${acr}`;
}

const CREDENTIALS: Readonly<Partial<Record<FactorKind, string>>> = { password: "password", totp: "app" };

/** Models of authenticators that are built in and whose keys stay on their device. */
const BUILT_IN: ReadonlySet<string> = new Set([
  "08987058-cadc-4b81-b6e1-30de50dcbe96",
  "6028b017-b1d4-4c02-b4b3-afcdafc96bb2",
  "9ddd1817-af5a-4672-a2b9-3e3dd95000a9",
  "adce0002-35bc-c60a-648b-0b25f1f05503",
]);

/** A key that is copied between devices lives in their platforms; one that is not, in a token unless its model is built in. */
function credentialOf({ kind, evidence }: Pick<Factor, "kind" | "evidence">): string | undefined {
  if (kind !== "passkey") return CREDENTIALS[kind];
  const platform =
    evidence !== null && (!evidence.deviceBound || BUILT_IN.has(evidence.aaguid.toLowerCase()));
  return platform ? "fido2-platform" : "fido2-roaming";
}

const BY_POLICY: ReadonlySet<string> = new Set([
  "signal",
  "upstream",
  "concurrency",
  "inactivity",
  "overall",
]);

function initiator(cause: string): "user" | "admin" | "policy" | "system" {
  if (cause === "person" || cause === "unrecognised" || cause === "recovery") return "user";
  if (cause === "operator") return "admin";
  return BY_POLICY.has(cause) ? "policy" : "system";
}

/** The same token has the same name, whoever makes it and whenever. */
export function jtiOf(stream: StreamId, entry: number, position: number): string {
  const name = `${stream}/${entry}/${position}`;
  return createHash("sha256").update(name).digest("hex").slice(0, 32);
}

export function isOfSubjects(
  about: About,
  state: State,
  stream: {
    readonly subjectTypes: readonly string[];
    readonly added: readonly { readonly ref: string }[];
    readonly removed: readonly string[];
  },
): boolean {
  const { user, device } = about;
  const named = [user, device].filter((ref): ref is string => ref !== null);
  if (named.some((ref) => stream.removed.includes(ref))) return false;
  if (named.some((ref) => stream.added.some((one) => one.ref === ref))) return true;
  return named.some((ref) => {
    const type = state.entity(ref)?.type;
    return type !== undefined && stream.subjectTypes.includes(type);
  });
}
