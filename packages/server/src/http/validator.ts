import { nearest } from "@postern/core";
import { type Problem, problem } from "@postern/service";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { Settings } from "typebox/system";
import { Errors } from "typebox/value";
import { isFields } from "../access/question.ts";
import { Refused } from "../problem/document.ts";

export type Checked = { readonly value: unknown } | { readonly error: Refused };

type Part = "body" | "querystring" | "params" | "headers";

/** At most this many mistakes are told at once. */
const MOST_TOLD = 20;
// Each value of a choice counts as a mistake of its own: a choice of more than this would be told in part.
Settings.Set({ maxErrors: 100 });

/**
 * Compiles a schema into a check that changes nothing: no value is coerced, no field stripped, no default filled
 * in. An unknown field is refused with the name that was probably meant.
 */
export function compileCheck(schema: TSchema, part: Part): (value: unknown) => Checked {
  const compiled = Compile(schema);
  return (given) => {
    // An act without particulars may come without a body.
    const value = part === "body" && (given === undefined || given === null) ? {} : given;
    if (compiled.Check(value)) return { value };
    return { error: new Refused(problemOf(schema, value, part)) };
  };
}

function problemOf(schema: TSchema, value: unknown, part: Part): Problem {
  const errors = told(schema, value)
    .slice(0, MOST_TOLD)
    .map((one) => ({
      ...one,
      pointer: part === "body" ? one.pointer : one.pointer.replace("#", `#${part}`),
    }));
  const [first] = errors;
  const unknown = errors.find(({ unknown }) => unknown);
  const shown = unknown ?? first;
  const detail = shown === undefined ? "the request does not fit" : `${shown.pointer}: ${shown.detail}`;
  const listed = errors.map(({ pointer, detail: text, fix }) =>
    fix === undefined ? { pointer, detail: text } : { pointer, detail: text, fix },
  );
  return problem(unknown === undefined ? "request.wrong_type" : "request.unknown_field", detail, listed);
}

interface Told {
  readonly pointer: string;
  readonly detail: string;
  readonly fix?: string;
  readonly unknown?: boolean;
  /** The one value that an alternative takes: told together with those of the others. */
  readonly wanted?: string;
}

function choices(all: readonly Told[]): readonly Told[] {
  return all.map((one) => {
    if (one.wanted === undefined) return one;
    const wanted = all.flatMap((other) =>
      other.pointer === one.pointer && other.wanted !== undefined ? [`\`${other.wanted}\``] : [],
    );
    return wanted.length === 1 ? one : { ...one, detail: `expected one of ${wanted.join(", ")}` };
  });
}

function told(schema: TSchema, value: unknown): readonly Told[] {
  const seen = new Set<string>();
  const meant = meantBy(schema, value);
  return choices(Errors(meant, value).flatMap((one) => toldOf(one, meant, value))).filter(
    ({ pointer, detail }) => {
      const key = `${pointer} ${detail}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    },
  );
}

/** The schema with each choice by `kind` replaced by the alternative that the value names, so that mistakes fit it. */
function meantBy(schema: TSchema, value: unknown): TSchema {
  const { anyOf, properties } = schema as Choice;
  if (anyOf !== undefined) {
    const kinds = anyOf.map((one) => (one as Choice).properties?.kind?.const);
    if (kinds.some((kind) => typeof kind !== "string") || !isFields(value)) return schema;
    const chosen = anyOf[kinds.indexOf(String(value.kind))];
    return chosen ?? { type: "object", required: ["kind"], properties: { kind: { enum: kinds } } };
  }
  if (properties === undefined || !isFields(value)) return schema;
  const narrowed = Object.entries(properties).map(([name, of]) => [
    name,
    Object.hasOwn(value, name) ? meantBy(of as TSchema, value[name]) : of,
  ]);
  return { ...schema, properties: Object.fromEntries(narrowed) };
}

interface Choice {
  readonly anyOf?: readonly TSchema[];
  readonly properties?: Readonly<Record<string, TSchema & { readonly const?: unknown }>>;
}

function toldOf(one: TLocalizedValidationError, schema: TSchema, value: unknown): readonly Told[] {
  const pointer = `#${one.instancePath}`;
  switch (one.keyword) {
    // Said better by `additionalProperties` and by the alternatives themselves.
    case "boolean":
    case "anyOf":
      return [];
    case "additionalProperties": {
      const known = Object.keys(propertiesAt(schema, one.schemaPath));
      return one.params.additionalProperties.map((name) => {
        const close = nearest(name, known);
        const fix = close === undefined ? {} : { fix: `use \`${close}\`` };
        const meant = close === undefined ? "" : `; did you mean \`${close}\`?`;
        return {
          pointer: `${pointer}/${name.slice(0, 60).replaceAll("~", "~0").replaceAll("/", "~1")}`,
          detail: `unknown field${meant}`,
          ...fix,
          unknown: true,
        };
      });
    }
    case "required":
      return one.params.requiredProperties.map((name) => ({
        pointer: `${pointer}/${name}`,
        detail: "expected a value, got nothing",
      }));
    case "type":
      return [
        { pointer, detail: `expected ${String(one.params.type)}, got ${kindAt(value, one.instancePath)}` },
      ];
    case "const":
      return [
        {
          pointer,
          detail: `expected \`${String(one.params.allowedValue)}\``,
          wanted: String(one.params.allowedValue),
        },
      ];
    case "enum":
      return [
        {
          pointer,
          detail: `expected one of ${one.params.allowedValues.map((each) => `\`${String(each)}\``).join(", ")}`,
        },
      ];
    default:
      return [{ pointer, detail: one.message }];
  }
}

function propertiesAt(schema: unknown, path: string): object {
  let at: unknown = schema;
  for (const step of path.split("/").slice(1)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return {};
    at = Reflect.get(at, step);
  }
  if (typeof at !== "object" || at === null || !("properties" in at)) return {};
  return typeof at.properties === "object" && at.properties !== null ? at.properties : {};
}

function kindAt(value: unknown, path: string): string {
  let at: unknown = value;
  for (const step of path.split("/").slice(1)) {
    if (typeof at !== "object" || at === null) return "nothing";
    at = Reflect.get(at, step.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  if (at === null) return "null";
  return Array.isArray(at) ? "array" : at === undefined ? "nothing" : typeof at;
}
