import type { CelValue, ConditionSchema } from "../../../src/policy/condition/index.ts";

/** The schema that these tests write conditions against. */
export const SCHEMA = {
  variables: {
    subject: {
      kind: "record",
      fields: {
        id: { kind: "string" },
        roles: { kind: "list", of: { kind: "string" }, max: 64 },
        verified: { kind: "bool" },
        logins: { kind: "int" },
        labels: { kind: "map", of: { kind: "string" }, max: 16 },
        address: { kind: "record", fields: { country: { kind: "string" } } },
      },
    },
    context: {
      kind: "record",
      fields: {
        amount: { kind: "int" },
        score: { kind: "double" },
        quota: { kind: "uint" },
        token: { kind: "bytes" },
        at: { kind: "timestamp" },
        idle: { kind: "duration" },
      },
    },
    state: { kind: "list", of: { kind: "string" }, max: 8 },
  },
} as const satisfies ConditionSchema;

export function bag(values: Readonly<Record<string, CelValue>>): ReadonlyMap<string, CelValue> {
  return new Map(Object.entries(values));
}
