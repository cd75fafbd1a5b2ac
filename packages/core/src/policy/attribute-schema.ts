import type { AttributeType, ConditionSchema } from "./condition/index.ts";
import type { AttributeDeclaration, AttributeDeclarations } from "./revision.ts";

/** The top-level names of conditions, in the order in which values are bound at a decision. */
export const CONDITION_VARIABLES = [
  "subject",
  "device",
  "resource",
  "action",
  "context",
  "session",
  "risk",
  "state",
  "time",
  "network",
  "signals",
] as const;

const STRING: AttributeType = { kind: "string" };
const BOOL: AttributeType = { kind: "bool" };
const TIMESTAMP: AttributeType = { kind: "timestamp" };
const INT: AttributeType = { kind: "int" };

/**
 * What Postern itself knows of a request. Derived: never taken from what an enforcement point says, but for
 * the names of what is asked. Fields are absent where there is nothing to say (no session, no device).
 * Order matters: bindings are laid out in it.
 */
export const DERIVED_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, AttributeType>>>> = {
  subject: { id: STRING, type: STRING },
  device: { id: STRING, shared: BOOL, trusted: BOOL, provedAt: TIMESTAMP },
  resource: { id: STRING, type: STRING },
  action: { name: STRING },
  session: {
    acr: STRING,
    amr: { kind: "list", of: STRING, max: 16 },
    authTime: TIMESTAMP,
    startedAt: TIMESTAMP,
    expiresAt: TIMESTAMP,
  },
  risk: { level: STRING, score: INT },
  time: { now: TIMESTAMP },
  network: { address: STRING },
  signals: {
    newDevice: BOOL,
    newNetwork: BOOL,
    newAsn: BOOL,
    newCountry: BOOL,
    newAgent: BOOL,
    unusualHour: BOOL,
    impossibleTravel: BOOL,
    knownBadNetwork: BOOL,
    failedAttempts: INT,
    credentialChangedAt: TIMESTAMP,
    compliance: STRING,
    signIns: INT,
    sessionAge: { kind: "duration" },
  },
};

/** `state` holds the subject's verified states by name: `"address-verified" in state`. */
export const STATE_TYPE: AttributeType = { kind: "map", of: BOOL, max: 64 };

export function derivedDeclarations(): Map<string, Map<string, AttributeDeclaration>> {
  const all = new Map<string, Map<string, AttributeDeclaration>>();
  for (const variable of CONDITION_VARIABLES) all.set(variable, new Map());
  for (const [variable, attributes] of Object.entries(DERIVED_ATTRIBUTES)) {
    for (const [name, type] of Object.entries(attributes)) {
      all.get(variable)?.set(name, { type, source: "derived", at: null });
    }
  }
  return all;
}

export function conditionSchema(declarations: AttributeDeclarations): ConditionSchema {
  const variables: Record<string, AttributeType> = Object.create(null);
  for (const variable of CONDITION_VARIABLES) {
    if (variable === "state") {
      variables[variable] = STATE_TYPE;
      continue;
    }
    const fields: Record<string, AttributeType> = Object.create(null);
    for (const [name, declared] of declarations.get(variable) ?? []) fields[name] = declared.type;
    variables[variable] = { kind: "record", fields };
  }
  return { variables };
}
