import { derivedDeclarations } from "../attribute-schema.ts";
import type { AttributeType } from "../condition/index.ts";
import {
  type AttributesDocument,
  type AttributeText,
  DECLARABLE,
  type Declarable,
  type FieldText,
  type ScalarWord,
} from "../document/attributes.ts";
import type { PolicyProblem } from "../problem.ts";
import type { AttributeDeclaration, AttributeDeclarations, Position } from "../revision.ts";
import { type Placed, report } from "./context.ts";

/** Words that CEL keeps for itself, so that no condition could name such an attribute. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

/** Gathers all declarations beside what is derived. Every attribute has one type and one source. */
export function compileAttributes(
  placed: readonly Placed<AttributesDocument>[],
  problems: PolicyProblem[],
): AttributeDeclarations {
  const all = derivedDeclarations();
  for (const { document, places } of placed) {
    for (const variable of DECLARABLE) {
      const group = document[variable];
      if (group === undefined) continue;
      for (const [name, text] of Object.entries(group)) {
        const at = places.ofKey(group, name);
        const full = `${variable}.${name}`;
        const refusal = refusedSource(variable, text);
        if (refusal !== null) {
          report(
            problems,
            "error",
            "attribute_source_refused",
            `${refusal}, for \`${full}\``,
            places.of(text, "source"),
          );
        }
        if (RESERVED.has(name)) {
          report(
            problems,
            "error",
            "wrong_value",
            `expected a name that conditions can use, got \`${name}\``,
            at,
          );
        }
        const before = all.get(variable)?.get(name);
        if (before?.source === "derived") {
          report(
            problems,
            "error",
            "attribute_built_in",
            `\`${full}\` is built in and cannot be declared`,
            at,
          );
          continue;
        }
        if (before !== undefined) {
          const first = before.at === null ? "" : `, first at ${before.at.file}:${before.at.line}`;
          report(problems, "error", "attribute_declared_twice", `\`${full}\` is declared twice${first}`, at);
          continue;
        }
        const type = typeOf(text, at, problems, full);
        if (type !== null)
          all.get(variable)?.set(name, { type, source: text.source, at } satisfies AttributeDeclaration);
      }
    }
  }
  return all;
}

/** We hold subjects, devices and resources, not actions and contexts; a request says nothing of a device. */
function refusedSource(variable: Declarable, text: AttributeText): string | null {
  if (variable === "device") {
    return text.source === "entity"
      ? null
      : "expected the source `entity`, since a request says nothing of a device, got `request`";
  }
  if (text.source === "request" || variable === "subject" || variable === "resource") return null;
  return "expected the source `request`, since nothing is held of it, got `entity`";
}

function typeOf(
  text: AttributeText | FieldText,
  at: Position,
  problems: PolicyProblem[],
  name: string,
): AttributeType | null {
  const fields = "fields" in text ? text.fields : undefined;
  const collection = text.type === "list" || text.type === "map";
  const wrong = (message: string): null => {
    report(problems, "error", "wrong_value", `${message}, for \`${name}\``, at);
    return null;
  };
  if (collection && text.max === undefined) {
    return wrong(`expected \`max\`, the most elements of a ${text.type}, got none`);
  }
  if (collection && text.of === undefined)
    return wrong(`expected \`of\`, the type of the elements, got none`);
  if (!collection && (text.of !== undefined || text.max !== undefined)) {
    return wrong(`expected no \`of\` and \`max\`, which belong to lists and maps`);
  }
  const wantsFields = text.type === "record" || text.of === "record";
  if (wantsFields && fields === undefined)
    return wrong("expected `fields`, the fields of the record, got none");
  if (!wantsFields && fields !== undefined) return wrong("expected no `fields`, which belong to records");
  const record = fields === undefined ? null : recordOf(fields, at, problems, name);
  if (wantsFields && record === null) return null;
  if (text.type === "list" || text.type === "map") {
    const of = text.of === "record" ? record : scalar(text.of ?? "string");
    return of === null ? null : { kind: text.type, of, max: text.max ?? 1 };
  }
  return text.type === "record" ? record : scalar(text.type);
}

function recordOf(
  fields: Readonly<Record<string, FieldText>>,
  at: Position,
  problems: PolicyProblem[],
  name: string,
): AttributeType | null {
  const types: Record<string, AttributeType> = Object.create(null);
  for (const [field, text] of Object.entries(fields)) {
    const type = typeOf(text, at, problems, `${name}.${field}`);
    if (type === null) return null;
    types[field] = type;
  }
  return { kind: "record", fields: types };
}

function scalar(kind: ScalarWord): AttributeType {
  return { kind };
}
