import { Type } from "typebox";
import type { ModelName } from "../../risk/model.ts";
import { REQUIRABLE, type Requirable } from "../../risk/signal.ts";
import { alwaysEnforced, condition, description, name, owner, stepUp } from "./field.ts";
import type { RuleText, StepUpText } from "./protection.ts";
import { type DocumentSchema, documentSchema, fields, listOf, oneOf, text } from "./schema.ts";

export interface ThresholdsText {
  readonly medium: number;
  readonly high: number;
}

export interface RiskRuleText extends RuleText {
  readonly level?: "low" | "medium" | "high";
  readonly points?: number;
}

export interface SegmentText extends RuleText {
  readonly levels: ThresholdsText;
}

export interface RiskDocument {
  readonly kind: "Risk";
  readonly name: string;
  readonly owner: string;
  readonly mode?: "enforce";
  readonly description?: string;
  readonly model?: ModelName;
  readonly rules?: readonly RiskRuleText[];
  readonly levels?: ThresholdsText;
  readonly segments?: readonly SegmentText[];
  readonly required?: readonly Requirable[];
  readonly missing?: number;
  readonly networks?: readonly string[];
  readonly calibration?: { readonly lowest: number; readonly highest: number; readonly exposure?: number };
  readonly requires?: {
    readonly low?: StepUpText;
    readonly medium?: StepUpText;
    readonly high?: StepUpText;
    readonly unknown?: StepUpText;
  };
}

const points = (why: string) => Type.Integer({ minimum: 1, maximum: 100, description: why });
const levels = fields(
  {
    medium: points("From which score on the level is `medium`."),
    high: points("From which score on it is `high`."),
  },
  "From which score on a level holds, from 1 to 100.",
);
const ruleName = text({ description: "What the rule is called in answers and tests.", maxLength: 80 });

const rule = fields({
  name: ruleName,
  when: condition("When the rule holds."),
  level: Type.Optional(oneOf(["low", "medium", "high"], "The level it gives.")),
  points: Type.Optional(points("What it adds to the score, where a `model` is named.")),
});

const segment = fields({
  name: ruleName,
  when: condition("Whom it is for: a condition over `subject` and `state` alone."),
  levels,
});

const schema = fields(
  {
    kind: oneOf(["Risk"], "How risky a request is, and what each level asks for."),
    name: name("The name of the Risk document."),
    owner,
    mode: alwaysEnforced,
    description,
    model: Type.Optional(
      oneOf(
        ["weighted", "statistical"],
        "How the score is made: `weighted` adds the points of rules; `statistical` also compares with the subject's history.",
      ),
    ),
    rules: Type.Optional(
      listOf(
        rule,
        "Each gives a `level` or `points`. The highest level counts; none, and no model: the level is `unknown`.",
      ),
    ),
    levels: Type.Optional(levels),
    segments: Type.Optional(
      listOf(segment, "Other thresholds for some subjects; the first that holds counts.", { maxItems: 20 }),
    ),
    required: Type.Optional(
      listOf(
        oneOf(REQUIRABLE, "A signal."),
        "Signals that must be there; each that is missing adds to the score.",
      ),
    ),
    missing: Type.Optional(points("What each missing required signal adds. Omitted: 30.")),
    networks: Type.Optional(
      listOf(
        text({ description: "An address, or a network such as `198.51.100.0/24`.", maxLength: 64 }),
        "Known bad networks.",
        {
          maxItems: 10_000,
        },
      ),
    ),
    calibration: Type.Optional(
      fields(
        {
          lowest: Type.Integer({
            minimum: -100,
            maximum: -1,
            description: "The log-likelihood ratio of score 0.",
          }),
          highest: Type.Integer({ minimum: 1, maximum: 100, description: "That of score 100." }),
          exposure: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 1000,
              description: "How many times more often than others these accounts are attacked.",
            }),
          ),
        },
        "How the statistical model's ratios become scores.",
      ),
    ),
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
