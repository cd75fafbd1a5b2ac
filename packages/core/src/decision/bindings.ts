import type { Attributes, Bindings, CelTimestamp, CelValue } from "../policy/condition/index.ts";
import { sessionIsLive } from "../session/session.ts";
import type { Instant, Now } from "../vocabulary/instant.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import type { DecisionRequest, Facts } from "./request.ts";

export function timestampOf(at: Instant): CelTimestamp {
  return { kind: "timestamp", seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 };
}

/**
 * The values that conditions read, in the order of `CONDITION_VARIABLES`. What we hold (`entity`) wins over
 * what a request says: policy declares one source per attribute, and the two never meet under one name.
 */
export function bind(request: DecisionRequest, facts: Facts, risk: RiskLevel, now: Now): Bindings {
  const { subject, device } = facts;
  return [
    named(request.subject?.type, request.subject?.id, request.given.subject, subject?.attributes),
    device === null ? undefined : deviceOf(device.id, device.shared, device.attributes),
    named(request.resource.type, request.resource.id, request.given.resource, facts.resource),
    withName(request.action, request.given.action),
    request.given.context,
    sessionOf(facts, now),
    new Map<string, CelValue>([["level", risk]]),
    new Map([...(subject?.states ?? [])].map((state) => [state, true])),
    new Map<string, CelValue>([["now", timestampOf(now.latest)]]),
    request.network === null ? undefined : new Map<string, CelValue>([["address", request.network]]),
  ];
}

/** Only a live session of this very subject says anything. */
function sessionOf({ session, subject }: Facts, now: Now): Attributes | undefined {
  if (session === null || subject === null || session.subject !== subject.ref) return undefined;
  if (!sessionIsLive(session, now.latest)) return undefined;
  return new Map<string, CelValue>([
    ["acr", session.acr],
    ["amr", session.amr],
    ["authTime", timestampOf(session.authTime)],
    ["startedAt", timestampOf(session.startedAt)],
    ["expiresAt", timestampOf(session.expiresAt)],
  ]);
}

function named(
  type: string | undefined,
  id: string | undefined,
  given: Attributes,
  held: Attributes | undefined,
): Attributes | undefined {
  if (type === undefined || id === undefined) return undefined;
  return new Map<string, CelValue>([...given, ...(held ?? []), ["type", type], ["id", id]] as [
    string,
    CelValue,
  ][]);
}

function deviceOf(id: string, shared: boolean | null, held: Attributes): Attributes {
  const values = new Map(held as ReadonlyMap<string, CelValue>);
  values.set("id", id);
  if (shared !== null) values.set("shared", shared);
  return values;
}

function withName(action: string, given: Attributes): Attributes {
  return given.size === 0
    ? new Map<string, CelValue>([["name", action]])
    : new Map([...given, ["name", action as CelValue]] as [string, CelValue][]);
}
