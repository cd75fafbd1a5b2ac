import { Type } from "typebox";
import { alwaysEnforced, condition, description, name, owner, stepUp } from "./field.ts";
import type { RuleText, StepUpText } from "./protection.ts";
import { type DocumentSchema, documentSchema, fields, listOf, oneOf, text } from "./schema.ts";

export interface RiskDocument {
  readonly kind: "Risk";
  readonly name: string;
  readonly owner: string;
  readonly mode?: "enforce";
  readonly description?: string;
  readonly rules: readonly (RuleText & { readonly level: "low" | "medium" | "high" })[];
  readonly requires?: {
    readonly low?: StepUpText;
    readonly medium?: StepUpText;
    readonly high?: StepUpText;
    readonly unknown?: StepUpText;
  };
}

const rule = fields({
  name: text({ description: "What the rule is called in answers and tests.", maxLength: 80 }),
  when: condition("When the rule holds."),
  level: oneOf(["low", "medium", "high"], "The level it gives."),
});

const schema = fields(
  {
    kind: oneOf(["Risk"], "How risky a request is, and what each level asks for."),
    name: name("The name of the Risk document."),
    owner,
    mode: alwaysEnforced,
    description,
    rules: listOf(rule, "The highest level among the rules that hold; none: the level is `unknown`."),
    requires: Type.Optional(
      fields(
        {
          low: Type.Optional(stepUp),
          medium: Type.Optional(stepUp),
          high: Type.Optional(stepUp),
          unknown: Type.Optional(stepUp),
        },
        "What each level asks for on top of what Protections state.",
      ),
    ),
  },
  "How risky a request is, and what each level asks for.",
);

export const riskSchema: DocumentSchema<RiskDocument> = documentSchema(schema);
