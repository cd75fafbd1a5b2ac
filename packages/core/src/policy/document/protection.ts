import { Type } from "typebox";
import type { Assurance } from "../../vocabulary/assurance.ts";
import type { Mode } from "../revision.ts";
import {
  action,
  assurance,
  condition,
  description,
  mode,
  name,
  observeUntil,
  owner,
  resource,
  stepUp,
} from "./field.ts";
import { type DocumentSchema, documentSchema, fields, listOf, oneOf, text } from "./schema.ts";

/** A rule as it is written: a name for people, and when it holds. */
export interface RuleText {
  readonly name: string;
  readonly when: string;
}

export interface StepUpText {
  readonly assurance: Assurance;
  readonly maxAge?: string;
}

export interface ProtectionDocument {
  readonly kind: "Protection";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly observeUntil?: string;
  readonly description?: string;
  readonly resources: readonly string[];
  readonly actions?: readonly string[];
  readonly permit?: readonly RuleText[];
  readonly require: { readonly assurance: Assurance; readonly stepUp?: StepUpText };
  readonly floor?: Assurance;
  readonly sensitive?: boolean;
  readonly lease?: { readonly system: string; readonly role: string };
  readonly session?: string;
  readonly signIn?: { readonly url: string; readonly stepUp?: string };
  readonly as?: { readonly action?: string; readonly resource?: string };
}

const rule = fields({
  name: text({
    description: "What the rule is called in answers and tests.",
    pattern: "^\\S(.*\\S)?$",
    expected: "a name without spaces at its ends",
    maxLength: 80,
  }),
  when: condition("When the rule holds."),
});

const url = (why: string) =>
  text({
    description: `${why} A path on the same site, an https URL, or \`postern\` for its own.`,
    pattern: "^(postern|/(?![/\\\\])[!-~]*|https://[!-~]+)$",
    expected: "`postern`, a path such as `/login` or an https URL",
    maxLength: 1024,
  });

const schema = fields(
  {
    kind: oneOf(["Protection"], "What is protected, and what a request to it must show."),
    name: name("The name of the Protection; one of its kind."),
    owner,
    mode,
    observeUntil,
    description,
    resources: listOf(resource, "What is protected, with everything below it where a pattern ends in `**`."),
    actions: Type.Optional(listOf(action, "The actions it covers. Omitted: every action.")),
    permit: Type.Optional(
      listOf(rule, "Who is permitted: one rule that holds is enough. Omitted: states nothing."),
    ),
    require: fields(
      {
        assurance: assurance("The assurance at which the subject must be authenticated; `none` is public."),
        stepUp: Type.Optional(stepUp),
      },
      "What a request must show.",
    ),
    floor: Type.Optional(assurance("The assurance below which no opt-out lowers. Omitted: `none`.")),
    sensitive: Type.Optional(
      Type.Boolean({ description: "Always the full control: no opt-out reaches it." }),
    ),
    lease: Type.Optional(
      fields(
        {
          system: text({ description: "The system.", maxLength: 128 }),
          role: text({ description: "The role in it.", maxLength: 128 }),
        },
        "The lease of privileged access that is needed.",
      ),
    ),
    session: Type.Optional(name("The SessionProfile that applies.")),
    signIn: Type.Optional(
      fields(
        { url: url("Where people sign in."), stepUp: Type.Optional(url("Where they step up.")) },
        "Where a challenge leads.",
      ),
    ),
    as: Type.Optional(
      fields(
        { action: Type.Optional(action), resource: Type.Optional(resource) },
        "The names under which a gate asks, instead of the method and `route:`.",
      ),
    ),
  },
  "What is protected, and what a request to it must show.",
);

export const protectionSchema: DocumentSchema<ProtectionDocument> = documentSchema(schema);
