import { KIND_SCHEMAS, KINDS } from "./document/kind.ts";
import { testSchema } from "./test-suite/document.ts";

/** Keywords of ours that editors do not know. */
const OURS = new Set(["expected", "reads", "anything"]);

/**
 * The JSON Schema of policy files and their tests, for editors. Written with keywords that draft-07 and
 * 2020-12 share, since YAML editors know the former best. Each document of a file is one of the kinds.
 */
export function policyJsonSchema(): object {
  const definitions: Record<string, unknown> = {};
  for (const kind of KINDS) definitions[kind] = plain(KIND_SCHEMAS[kind]);
  definitions.PolicyTest = plain(testSchema.json);
  const kinds = Object.keys(definitions);
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Postern policy",
    description: "One document of a Postern policy directory.",
    type: "object",
    required: ["kind"],
    properties: { kind: { type: "string", enum: kinds, description: "What the document is." } },
    allOf: kinds.map((kind) => ({
      if: { required: ["kind"], properties: { kind: { const: kind } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: `#/definitions/${kind}` },
    })),
    definitions,
  };
}

function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== "object" || schema === null) return schema;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (!OURS.has(key) && !key.startsWith("~")) out[key] = plain(value);
  }
  if (out.enum !== undefined) delete out.minLength;
  return out;
}
