import type { AttributeDeclaration, AttributeSource } from "./revision.ts";
import type { AttributeType } from "./condition/index.ts";

/**
 * The top-level names of every condition, in the order in which values are bound. Policy declares the
 * attributes of the first five; the others are derived and never taken from a request.
 */
export const VARIABLES = [
  "subject",
  "device",
  "resource",
  "action",
  "context",
  "session",
  "risk",
  "state",
  "network",
  "time",
] as const;
export type Variable = (typeof VARIABLES)[number];

/** The names whose attributes an `Attributes` document declares. */
export const DECLARABLE: readonly Variable[] = ["subject", "device", "resource", "action", "context"];

export const MOST_STATES = 32;

const text: AttributeType = { kind: "string" };

/** What every condition may read without a declaration. */
export const DERIVED: Readonly<Record<Variable, AttributeType>> = {
  subject: { kind: "record", fields: { type: text, id: text } },
  device: { kind: "record", fields: { id: text, shared: { kind: "bool" } } },
  resource: { kind: "record", fields: { type: text, id: text } },
  action: { kind: "record", fields: { name: text } },
  context: { kind: "record", fields: {} },
  session: {
    kind: "record",
    fields: {
      acr: text,
      amr: { kind: "list", of: text, max: 16 },
      authTime: { kind: "timestamp" },
      age: { kind: "duration" },
    },
  },
  risk: { kind: "record", fields: { level: text } },
  state: { kind: "list", of: text, max: MOST_STATES },
  network: { kind: "record", fields: { address: text } },
  time: { kind: "record", fields: { now: { kind: "timestamp" } } },
};

export function derived(type: AttributeType, source: AttributeSource = "derived"): AttributeDeclaration {
  return { type, source, at: null };
}
