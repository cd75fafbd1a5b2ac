import {
  type Static,
  type TArray,
  type TObject,
  type TSchema,
  type TString,
  type TUnsafe,
  Type,
} from "typebox";

/** The schema of one kind of document, and (in its type alone) the shape of what satisfies it. */
export interface DocumentSchema<Shape> {
  readonly json: TSchema;
  readonly shape?: Shape;
}

export function documentSchema<Schema extends TSchema>(schema: Schema): DocumentSchema<Static<Schema>> {
  return { json: schema };
}

/** What a text must read as, beyond its pattern. */
export type TextKind = "duration" | "condition" | "resource" | "action" | "instant" | "until";

export interface TextOptions {
  readonly description: string;
  /** Completes "expected …, got …". */
  readonly expected?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly reads?: TextKind;
}

export function text(options: TextOptions): TString {
  return Type.String({ minLength: 1, maxLength: 2048, ...options });
}

export function oneOf<Word extends string>(words: readonly Word[], description: string): TUnsafe<Word> {
  return Type.Unsafe<Word>({ type: "string", enum: [...words], description });
}

export function listOf<Items extends TSchema>(
  items: Items,
  description: string,
  bounds: { readonly minItems?: number; readonly maxItems?: number } = {},
): TArray<Items> {
  return Type.Array(items, { description, minItems: 1, maxItems: 200, uniqueItems: true, ...bounds });
}

/** A mapping of names that the author chooses. */
export function mapOf<Value extends TSchema>(
  value: Value,
  names: { readonly pattern: string; readonly expected: string },
  description: string,
): TUnsafe<Readonly<Record<string, Static<Value>>>> {
  return Type.Unsafe<Readonly<Record<string, Static<Value>>>>({
    type: "object",
    propertyNames: names,
    additionalProperties: value,
    maxProperties: 500,
    description,
  });
}

/** A mapping of exactly these fields. */
export function fields<Properties extends Readonly<Record<string, TSchema>>>(
  properties: Properties,
  description?: string,
): TObject<Properties> {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
}
