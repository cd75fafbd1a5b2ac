import { type TUnsafe, Type } from "typebox";
import type { Outcome } from "../../decision/decision.ts";
import { type Compliance, REQUIRABLE, type Requirable } from "../../risk/signal.ts";
import { ASSURANCES, type Assurance } from "../../vocabulary/assurance.ts";
import { description, duration, name } from "../document/field.ts";
import {
  type DocumentSchema,
  documentSchema,
  fields,
  listOf,
  mapOf,
  oneOf,
  text,
} from "../document/schema.ts";
import type { Plain } from "../source/plain.ts";

export type Given = Readonly<Record<string, Plain>>;

export interface SubjectText {
  readonly attributes?: Given;
  readonly states?: readonly string[];
}

export interface DeviceText {
  readonly attributes?: Given;
  readonly shared?: boolean;
  /** Registered by the case's subject, with a proof of just now. */
  readonly trusted?: boolean;
}

export interface SessionText {
  readonly subject: string;
  readonly device?: string;
  readonly acr: Assurance;
  readonly amr?: readonly string[];
  readonly signedInAgo?: string;
  readonly endsIn?: string;
  readonly activeAgo?: string;
  readonly away?: string;
  readonly shared?: boolean;
  readonly inactive?: boolean;
}

export interface OptOutText {
  readonly offer: string;
  readonly holder?: "subject" | "device" | "anonymous";
  readonly subject?: string;
  readonly device?: string;
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly downTo?: Assurance;
  readonly grantedAgo?: string;
  readonly endsIn?: string;
  readonly uses?: number;
  readonly standing?: "granted" | "pending" | "suspended" | "revoked";
}

/** What is known of the risk. What is not named speaks for nothing bad. */
export interface SignalsText {
  readonly newDevice?: boolean;
  readonly newNetwork?: boolean;
  readonly newAsn?: boolean;
  readonly newCountry?: boolean;
  readonly newAgent?: boolean;
  readonly unusualHour?: boolean;
  readonly impossibleTravel?: boolean;
  readonly knownBadNetwork?: boolean;
  readonly failedAttempts?: number;
  readonly compliance?: Compliance;
  readonly signIns?: number;
  readonly score?: number;
  readonly missing?: readonly Requirable[];
}

export interface CaseText {
  readonly name: string;
  readonly signals?: SignalsText;
  readonly now?: string;
  readonly subject?: string;
  readonly device?: string;
  readonly session?: string;
  readonly optOuts?: readonly string[];
  readonly locks?: readonly string[];
  readonly given?: {
    readonly subject?: Given;
    readonly resource?: Given;
    readonly action?: Given;
    readonly context?: Given;
  };
  readonly network?: string;
  readonly delegated?: boolean;
  readonly actions?: readonly string[];
  readonly resources?: readonly string[];
  readonly ask?: string;
  readonly expect: Outcome | "offered" | "refused";
  readonly reasons?: readonly string[];
}

export interface TestDocument {
  readonly kind: "PolicyTest";
  readonly name: string;
  readonly description?: string;
  readonly now: string;
  readonly subjects?: Readonly<Record<string, SubjectText>>;
  readonly devices?: Readonly<Record<string, DeviceText>>;
  readonly resources?: Readonly<Record<string, { readonly attributes: Given }>>;
  readonly sessions?: Readonly<Record<string, SessionText>>;
  readonly optOuts?: Readonly<Record<string, OptOutText>>;
  readonly cases: readonly CaseText[];
}

const LABEL = { pattern: "^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$", expected: "a short name without spaces" };
const ENTITY = {
  pattern: "^[a-z][a-z0-9_-]{0,63}:.{1,512}$",
  expected: "a resource such as `report:monthly`",
};

const given: TUnsafe<Given> = Type.Unsafe<Given>({
  type: "object",
  additionalProperties: { anything: true },
  maxProperties: 200,
  description: "Attributes as JSON values; each must be declared.",
});
const label = (why: string) => text({ description: why, maxLength: 128 });
const assurance = (why: string) => Type.Optional(oneOf(ASSURANCES, why));
const time = text({
  description: "The instant of the decision, RFC 3339 with a zone.",
  maxLength: 40,
  reads: "instant",
});

const subject = fields({
  attributes: Type.Optional(given),
  states: Type.Optional(listOf(text({ description: "A verified state." }), "Verified states held.")),
});
const device = fields({
  attributes: Type.Optional(given),
  shared: Type.Optional(Type.Boolean({ description: "Whether others use it. Omitted: nobody has said." })),
  trusted: Type.Optional(
    Type.Boolean({ description: "Whether it has just proved the key that the person trusts." }),
  ),
});
const session = fields({
  subject: label("Whose it is."),
  device: Type.Optional(label("On which device.")),
  acr: oneOf(ASSURANCES, "The assurance reached."),
  amr: Type.Optional(listOf(text({ description: "A method." }), "How.")),
  signedInAgo: Type.Optional(duration("How long ago the authentication was. Omitted: `PT1M`.")),
  endsIn: Type.Optional(duration("When it ends. Omitted: `PT8H`.")),
  activeAgo: Type.Optional(duration("How long ago somebody was last at it. Omitted: just now.")),
  away: Type.Optional(duration("The longest that nobody was at it before that. Omitted: never for long.")),
  shared: Type.Optional(
    Type.Boolean({ description: "Whether others use its browser. Omitted: nobody has said." }),
  ),
  inactive: Type.Optional(
    Type.Boolean({ description: "Whether its inactivity timeout has passed, however long that is." }),
  ),
});
const optOut = fields({
  offer: label("The Offer it was granted under."),
  holder: Type.Optional(oneOf(["subject", "device", "anonymous"], "Omitted: the Offer's first holder.")),
  subject: Type.Optional(label("Whose it is.")),
  device: Type.Optional(label("On which device.")),
  actions: Type.Optional(listOf(text({ description: "An action." }), "Omitted: the Offer's.")),
  resources: Type.Optional(listOf(text({ description: "A resource." }), "Omitted: the Offer's.")),
  downTo: assurance("Omitted: the Offer's."),
  grantedAgo: Type.Optional(duration("How long ago it was granted. Omitted: `PT1H`.")),
  endsIn: Type.Optional(duration("When it ends. Omitted: the Offer's default length after the grant.")),
  uses: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description: "Uses so far." })),
  standing: Type.Optional(oneOf(["granted", "pending", "suspended", "revoked"], "Omitted: `granted`.")),
});
const facts = fields(
  {
    subject: Type.Optional(given),
    resource: Type.Optional(given),
    action: Type.Optional(given),
    context: Type.Optional(given),
  },
  "Attributes that the enforcement point gives, where policy declares them so.",
);
const flag = (description: string) => Type.Optional(Type.Boolean({ description }));
const signals = fields(
  {
    newDevice: flag("The device was not seen before."),
    newNetwork: flag("Nor was the network."),
    newAsn: flag("Nor its provider."),
    newCountry: flag("Nor the country."),
    newAgent: flag("Nor the browser."),
    unusualHour: flag("Nor a sign-in at this hour."),
    impossibleTravel: flag("Too far from where they last were."),
    knownBadNetwork: flag("A network of the list."),
    failedAttempts: Type.Optional(Type.Integer({ minimum: 0, maximum: 1e6, description: "Omitted: none." })),
    compliance: Type.Optional(oneOf(["compliant", "non-compliant", "unknown"], "Omitted: `unknown`.")),
    signIns: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 65_535, description: "Past ones. Omitted: 10." }),
    ),
    score: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: "What the statistical model finds. Omitted: 0.",
      }),
    ),
    missing: Type.Optional(listOf(oneOf(REQUIRABLE, "A signal."), "Required signals that are missing.")),
  },
  "What is known of the risk. Omitted: nothing, and where policy makes a score the level is `unknown`.",
);
const testCase = fields({
  name: text({ description: "The rule that the case states, as a sentence.", maxLength: 200 }),
  now: Type.Optional(time),
  subject: Type.Optional(label("Who asks. Omitted: the session's subject, or a visitor.")),
  device: Type.Optional(label("From which device. Omitted: the session's.")),
  session: Type.Optional(label("The session presented.")),
  optOuts: Type.Optional(listOf(label("An opt-out."), "The opt-outs that exist.")),
  locks: Type.Optional(
    listOf(
      text({
        description: "`everything`, `control:NAME`, `offer:NAME` or `resource:PATTERN`.",
        pattern: "^(everything|(control|offer|resource):.+)$",
        expected: "`everything`, `control:…`, `offer:…` or `resource:…`",
      }),
      "Locks that hold.",
    ),
  ),
  given: Type.Optional(facts),
  signals: Type.Optional(signals),
  network: Type.Optional(text({ description: "The client's address.", maxLength: 64 })),
  delegated: Type.Optional(Type.Boolean({ description: "Whether someone acts for the subject." })),
  actions: Type.Optional(listOf(text({ description: "An action." }), "Asked one by one.")),
  resources: Type.Optional(
    listOf(
      text({ description: "`type:id`.", pattern: ENTITY.pattern, expected: ENTITY.expected }),
      "Asked one by one, with every action.",
    ),
  ),
  ask: Type.Optional(label("Instead of a decision: the Offer that the subject asks for.")),
  expect: oneOf(
    ["permit", "honour", "challenge", "deny", "offered", "refused"],
    "The outcome; `offered` or `refused` for `ask`.",
  ),
  reasons: Type.Optional(listOf(text({ description: "A reason code." }), "Codes that the answer must name.")),
});

const schema = fields(
  {
    kind: oneOf(["PolicyTest"], "Cases that a policy must answer as its author says."),
    name: name("The name of the suite."),
    description,
    now: time,
    subjects: Type.Optional(mapOf(subject, LABEL, "People, by name.")),
    devices: Type.Optional(mapOf(device, LABEL, "Devices, by name.")),
    resources: Type.Optional(
      mapOf(fields({ attributes: given }), ENTITY, "What is held of resources, by `type:id`."),
    ),
    sessions: Type.Optional(mapOf(session, LABEL, "Sessions, by name.")),
    optOuts: Type.Optional(mapOf(optOut, LABEL, "Opt-outs, by name.")),
    cases: listOf(testCase, "The cases.", { maxItems: 2000 }),
  },
  "Cases that a policy must answer as its author says.",
);

export const testSchema: DocumentSchema<TestDocument> = documentSchema(schema);
