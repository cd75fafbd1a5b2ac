import { createHash } from "node:crypto";
import {
  type Assurance,
  type Event,
  type FactorKind,
  type Instant,
  parseInstant,
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

/** What one entry tells; `disabled` is who was told to be, brought up to date. */
export function toldBy(
  { body }: StoredEntry,
  state: State,
  disabled: Set<string>,
): { readonly at: Instant; readonly told: readonly Told[] } | null {
  if (body === null || !OF_INTEREST.test(body)) return null;
  const written = JSON.parse(body) as Written;
  const at = parseInstant(written.at);
  if (!at.ok) return null;
  const event = { type: written.type, ...written.data } as Event;
  const told = tell(event, written, at.value, state, disabled);
  return told.length === 0 ? null : { at: at.value, told };
}

function tell(
  event: Event,
  { by }: Written,
  at: Instant,
  state: State,
  disabled: Set<string>,
): readonly Told[] {
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
      return waived(event, state, stamp);
    case "factor.enrolled":
    case "factor.removed": {
      const factor = event.type === "factor.enrolled" ? event.factor : state.factor(event.factor);
      const type = factor === undefined ? undefined : CREDENTIALS[factor.kind];
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

/** While a step or a sign-in is waived less is proved; when that ends, as much as before. */
function waived(
  event: Extract<Event, { readonly type: `opt-out.${string}`; readonly optOut: unknown }>,
  state: State,
  stamp: object,
): readonly Told[] {
  const optOut = typeof event.optOut === "string" ? state.optOuts.get(event.optOut) : undefined;
  if (optOut === undefined || (optOut.control !== "step-up" && optOut.control !== "authentication"))
    return [];
  if (optOut.holder.kind === "anonymous" || optOut.holder.subject === null) return [];
  const begins = event.type === "opt-out.granted" || event.type === "opt-out.resumed";
  const claims = {
    ...stamp,
    ...level(optOut.downTo),
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

function level(acr: Assurance): object {
  return { namespace: "NIST-AAL", current_level: acr === "none" ? "none" : `nist-${acr}` };
}

const CREDENTIALS: Readonly<Partial<Record<FactorKind, string>>> = {
  password: "password",
  passkey: "fido2-platform",
  totp: "app",
};

function initiator(cause: string): "user" | "admin" | "policy" | "system" {
  if (cause === "person" || cause === "unrecognised" || cause === "recovery") return "user";
  if (cause === "operator") return "admin";
  return cause === "signal" || cause === "upstream" || cause === "concurrency" ? "policy" : "system";
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
