import { Type } from "typebox";
import { description, name, owner } from "./field.ts";
import { type DocumentSchema, documentSchema, fields, mapOf, oneOf } from "./schema.ts";

const SCALARS = ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration"] as const;
export type ScalarWord = (typeof SCALARS)[number];

export interface FieldText {
  readonly type: ScalarWord | "list";
  readonly of?: ScalarWord;
  readonly max?: number;
  readonly description?: string;
}

export interface AttributeText {
  readonly type: ScalarWord | "list" | "map" | "record";
  readonly of?: ScalarWord | "record";
  readonly max?: number;
  readonly fields?: Readonly<Record<string, FieldText>>;
  readonly source: "entity" | "request";
  readonly description?: string;
}

export const DECLARABLE = ["subject", "device", "resource", "action", "context"] as const;
export type Declarable = (typeof DECLARABLE)[number];

export interface AttributesDocument {
  readonly kind: "Attributes";
  readonly name: string;
  readonly owner: string;
  readonly description?: string;
  readonly subject?: Readonly<Record<string, AttributeText>>;
  readonly device?: Readonly<Record<string, AttributeText>>;
  readonly resource?: Readonly<Record<string, AttributeText>>;
  readonly action?: Readonly<Record<string, AttributeText>>;
  readonly context?: Readonly<Record<string, AttributeText>>;
}

const IDENTIFIER = {
  pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
  expected: "a name of letters, digits and underscores",
};

const max = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1000, description: "The most elements that are accepted." }),
);

const field = fields({
  type: oneOf([...SCALARS, "list"], "The type."),
  of: Type.Optional(oneOf(SCALARS, "The type of a list's elements.")),
  max,
  description,
});

const attribute = fields({
  type: oneOf([...SCALARS, "list", "map", "record"], "The type. Keys of a map are text."),
  of: Type.Optional(oneOf([...SCALARS, "record"], "The type of the elements of a list or map.")),
  max,
  fields: Type.Optional(mapOf(field, IDENTIFIER, "The fields of a record.")),
  source: oneOf(
    ["entity", "request"],
    "`entity`: what we hold. `request`: the word of an enforcement point.",
  ),
  description,
});

const declared = (of: string) =>
  Type.Optional(mapOf(attribute, IDENTIFIER, `Attributes of the ${of} that conditions may read.`));

const schema = fields(
  {
    kind: oneOf(["Attributes"], "What conditions may read, with its type and its one source."),
    name: name("The name of the document; one of its kind."),
    owner,
    description,
    subject: declared("subject"),
    device: declared("device"),
    resource: declared("resource"),
    action: declared("action"),
    context: declared("context"),
  },
  "What conditions may read, with its type and its one source.",
);

export const attributesSchema: DocumentSchema<AttributesDocument> = documentSchema(schema);
