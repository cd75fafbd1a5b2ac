import { Type } from "typebox";
import type { Basis } from "../../opt-out/record.ts";
import type { Assurance } from "../../vocabulary/assurance.ts";
import { CONTROL_IDS, type ControlId } from "../../vocabulary/control.ts";
import type { Mode } from "../revision.ts";
import {
  action,
  assurance,
  condition,
  description,
  duration,
  mode,
  name,
  observeUntil,
  owner,
  resource,
} from "./field.ts";
import { type DocumentSchema, documentSchema, fields, listOf, mapOf, oneOf, text } from "./schema.ts";

export interface DisclosureText {
  readonly version: number;
  readonly title: string;
  readonly stops: string;
  readonly protects: string;
  readonly until: string;
  readonly undo: string;
  readonly more?: string;
}

export interface OfferDocument {
  readonly kind: "Offer";
  readonly name: string;
  readonly owner: string;
  readonly mode: Mode;
  readonly observeUntil?: string;
  readonly description?: string;
  readonly control: ControlId;
  readonly holders: readonly ("subject" | "device" | "anonymous")[];
  readonly basis: Basis;
  readonly who?: string;
  readonly while?: string;
  readonly states?: readonly string[];
  readonly risk?: { readonly atMost: "low" | "medium" | "high" };
  readonly scope: { readonly actions: readonly string[]; readonly resources: readonly string[] };
  readonly downTo?: Assurance;
  readonly inactivity?: string;
  readonly length: { readonly default: string; readonly max: string; readonly total: string };
  readonly uses?: number;
  readonly approvals?: {
    readonly count: number;
    readonly by?: string;
    readonly from?: readonly { readonly name: string; readonly when: string; readonly count: number }[];
    readonly decideWithin?: string;
  };
  readonly review: { readonly every: string; readonly by?: string };
  readonly quota?: { readonly requests: number; readonly per: string };
  readonly budget?: { readonly uses: number; readonly per: string };
  readonly disclosure?: Readonly<Record<string, DisclosureText>>;
}

const part = (description: string) => text({ description, maxLength: 600 });

const disclosure = fields({
  version: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    description: "Raise it when the meaning changes.",
  }),
  title: text({ description: "What the person chooses, as an effect.", maxLength: 120 }),
  stops: part("What stops."),
  protects: part("What still protects the person."),
  until: part("Until when."),
  undo: part("How to turn it back on."),
  more: Type.Optional(text({ description: "Details behind `More`.", maxLength: 4000 })),
});

const schema = fields(
  {
    kind: oneOf(["Offer"], "An opt-out that policy lets someone ask for."),
    name: name("The name of the Offer; one of its kind."),
    owner,
    mode,
    observeUntil,
    description,
    control: oneOf(CONTROL_IDS, "The control that is opted out of."),
    holders: listOf(
      oneOf(["subject", "device", "anonymous"], "Who can hold it."),
      "Who can hold the opt-out.",
    ),
    basis: oneOf(
      ["preference", "waiver", "mitigated", "emergency"],
      "Why it is allowed: the person chose, an owner accepts, something compensates, or it burns.",
    ),
    who: Type.Optional(condition("Who may ask. Omitted: everyone who can sign in.")),
    while: Type.Optional(condition("What must also hold at every decision.")),
    states: Type.Optional(listOf(name("A verified state."), "Verified states that the subject must hold.")),
    risk: Type.Optional(
      fields(
        { atMost: oneOf(["low", "medium", "high"], "The highest risk at which it is honoured.") },
        "A limit on the risk.",
      ),
    ),
    scope: fields(
      {
        actions: listOf(action, "The actions it reaches, each by name.", { maxItems: 50 }),
        resources: listOf(resource, "The resources it reaches; never a whole type.", { maxItems: 50 }),
      },
      "What it waives, and nothing else.",
    ),
    downTo: Type.Optional(assurance("What is still asked; for authentication and step-up only.")),
    inactivity: Type.Optional(
      duration(
        "How long without activity is let pass instead; for session time-out only. Omitted: up to the overall end.",
      ),
    ),
    length: fields(
      {
        default: duration("The length where none is asked for."),
        max: duration("The longest length of one grant."),
        total: duration("The end that no renewal passes, counted from the first grant."),
      },
      "How long it lasts. Every opt-out ends.",
    ),
    uses: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: "The most decisions that it may waive.",
      }),
    ),
    approvals: Type.Optional(
      fields(
        {
          count: Type.Integer({ minimum: 0, maximum: 10, description: "How many people must agree." }),
          by: Type.Optional(condition("Who may approve; never the requester.")),
          from: Type.Optional(
            listOf(
              fields(
                {
                  name: name("What the group is called."),
                  when: condition("Who is of the group: it reads the approver as `subject`."),
                  count: Type.Integer({ minimum: 1, maximum: 10, description: "How many of the group." }),
                },
                "A group of which some must agree.",
              ),
              "Groups of which some must be among those who agree; each person counts for one of them.",
              { maxItems: 10 },
            ),
          ),
          decideWithin: Type.Optional(duration("After this an undecided request lapses. Omitted: `P1D`.")),
        },
        "Who must agree before it takes effect.",
      ),
    ),
    review: fields(
      {
        every: duration("A review that nobody answers in time ends the opt-out."),
        by: Type.Optional(
          condition("Who reviews it, as `subject`; never the holder. Omitted: who may approve it."),
        ),
      },
      "When somebody looks at it again.",
    ),
    quota: Type.Optional(
      fields(
        {
          requests: Type.Integer({ minimum: 1, maximum: 10_000, description: "Requests in one span." }),
          per: duration("The span."),
        },
        "How often it may be asked for, for one holder and by one person.",
      ),
    ),
    budget: Type.Optional(
      fields(
        {
          uses: Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: "Uses in one span." }),
          per: duration("The span."),
        },
        "Uses per network, for the anonymous audience.",
      ),
    ),
    disclosure: Type.Optional(
      mapOf(
        disclosure,
        {
          pattern: "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
          expected: "a locale such as `en` or `pt-BR`",
        },
        "What the person is told before choosing, by locale.",
      ),
    ),
  },
  "An opt-out that policy lets someone ask for.",
);

export const offerSchema: DocumentSchema<OfferDocument> = documentSchema(schema);
