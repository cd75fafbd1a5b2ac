import { Type } from "typebox";
import { PRESET_NAMES, type PresetName } from "../preset/index.ts";
import { alwaysEnforced, condition, description, duration, name, owner } from "./field.ts";
import { type DocumentSchema, documentSchema, fields, listOf, oneOf, text } from "./schema.ts";

export interface SessionProfileDocument {
  readonly kind: "SessionProfile";
  readonly name: string;
  readonly owner: string;
  readonly mode?: "enforce";
  readonly description?: string;
  readonly preset?: readonly PresetName[];
  readonly overall?: string;
  readonly inactivity?: string;
  readonly warnBefore?: string;
  readonly extensions?: number;
  readonly deviceTrust?: string;
  readonly when?: string;
  readonly concurrent?: number;
  readonly rotate?: string;
  readonly essential?: { readonly because: string };
}

const schema = fields(
  {
    kind: oneOf(["SessionProfile"], "How long sessions last."),
    name: name("Its name. A profile that no Protection names applies to every session."),
    owner,
    mode: alwaysEnforced,
    description,
    preset: Type.Optional(
      listOf(
        oneOf(PRESET_NAMES, "A published rule."),
        "Published rules whose caps apply; the least of all counts.",
      ),
    ),
    overall: Type.Optional(duration("The overall timeout. Needed unless a preset sets one.")),
    inactivity: Type.Optional(duration("The inactivity timeout.")),
    warnBefore: Type.Optional(duration("How long before the end the person is warned.")),
    extensions: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1000, description: "How often the person may extend." }),
    ),
    deviceTrust: Type.Optional(
      duration("How long a device may stay trusted after its first registration; 90 days at most."),
    ),
    when: Type.Optional(
      condition(
        "For which requests it applies. What reads the risk stays upon a session until its person reauthenticates.",
      ),
    ),
    concurrent: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: "How many sessions one person may have at once; the oldest end.",
      }),
    ),
    rotate: Type.Optional(
      duration("How old the secret of a session may become before its browser is given a new one."),
    ),
    essential: Type.Optional(
      fields(
        { because: text({ description: "The reason that an auditor reads.", maxLength: 600 }) },
        "Why the time limit cannot be extended (WCAG 2.2.1 calls it essential).",
      ),
    ),
  },
  "How long sessions last.",
);

export const sessionProfileSchema: DocumentSchema<SessionProfileDocument> = documentSchema(schema);
