import type { Attributes, Bindings, CelTimestamp, CelValue } from "../policy/condition/index.ts";
import { sessionIsLive } from "../session/session.ts";
import type { Instant, Now } from "../vocabulary/instant.ts";
import type { RiskLevel } from "../vocabulary/risk-level.ts";
import type { DecisionRequest, Facts } from "./request.ts";

export function timestampOf(at: Instant): CelTimestamp {
  return { kind: "timestamp", seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 };
}

/**
 * The values that conditions read, in the order of `VARIABLES`. What we hold (`entity`) wins over what a
 * request says: policy declares one source per attribute, and the two never meet under one name.
 */
export function bind(request: DecisionRequest, facts: Facts, risk: RiskLevel, now: Now): Bindings {
  const { subject, device, session } = facts;
  return [
    named(request.subject?.type, request.subject?.id, request.given.subject, subject?.attributes),
    device === null ? undefined : deviceOf(device.ref, device.shared, device.attributes),
    named(request.resource.type, request.resource.id, request.given.resource, facts.resource),
    withName(request.action, request.given.action),
    request.given.context,
    session === null ||
    subject === null ||
    session.subject !== subject.ref ||
    !sessionIsLive(session, now.latest)
      ? undefined
      : new Map<string, CelValue>([
          ["acr", session.acr],
          ["amr", session.amr],
          ["authTime", timestampOf(session.authTime)],
          ["age", ageOf(session.authTime, now)],
        ]),
    new Map<string, CelValue>([["level", risk]]),
    subject === null ? [] : [...subject.states],
    request.network === null ? undefined : new Map<string, CelValue>([["address", request.network]]),
    new Map<string, CelValue>([["now", timestampOf(now.latest)]]),
  ];
}

function ageOf(authTime: Instant, now: Now): CelValue {
  const age = Math.max(now.latest - authTime, 0);
  return { kind: "duration", seconds: Math.floor(age / 1000), nanos: (age % 1000) * 1_000_000 };
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

function deviceOf(ref: string, shared: boolean | null, held: Attributes): Attributes {
  const values = new Map(held as ReadonlyMap<string, CelValue>);
  values.set("id", ref);
  if (shared !== null) values.set("shared", shared);
  return values;
}

function withName(action: string, given: Attributes): Attributes {
  return given.size === 0
    ? new Map<string, CelValue>([["name", action]])
    : new Map([...given, ["name", action as CelValue]] as [string, CelValue][]);
}
