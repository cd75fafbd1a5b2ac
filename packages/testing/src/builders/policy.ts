import {
  type AttributeDeclarations,
  type Condition,
  compilePolicy,
  conditionSchema,
  createConditionCompiler,
  createResourceIndex,
  milliseconds,
  type Offer,
  type Policy,
  type Position,
  type Protection,
  parseScope,
  type RiskPolicy,
  type Rule,
  readResource,
  type Scope,
} from "@postern/core";

export const HOUR = 3_600_000;
export const DAY: number = 24 * HOUR;

const ATTRIBUTES = `
kind: Attributes
name: all
owner: tests
subject:
  roles: { type: list, of: string, max: 20, source: entity }
  level: { type: int, source: entity }
device:
  managed: { type: bool, source: entity }
resource:
  owner: { type: string, source: entity }
context:
  amount: { type: int, source: request }
`;

/** The attributes that every built policy declares. */
export const DECLARED: AttributeDeclarations = declared();

function declared(): AttributeDeclarations {
  const compiled = compilePolicy([{ path: "attributes.yaml", text: ATTRIBUTES }]);
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join("\n"));
  return compiled.policy.attributes;
}

const conditions = createConditionCompiler(conditionSchema(DECLARED));

export function conditionOf(text: string): Condition {
  const compiled = conditions.compile(text);
  if (!compiled.ok) throw new Error(compiled.errors.map(({ message }) => message).join("\n"));
  return compiled.condition;
}

let line = 0;
function place(): Position {
  line += 1;
  return { file: "built.yaml", line, column: 1 };
}

export function ruleOf(when: string): Rule {
  return { name: when, when: conditionOf(when), at: place() };
}

export function scopeOf(actions: readonly string[], resources: readonly string[]): Scope {
  const scope = parseScope(actions, resources);
  if (!scope.ok) throw new Error(scope.refusal);
  return scope.value;
}

export type ProtectionChanges = Partial<Omit<Protection, "resources">> & {
  readonly resources?: readonly string[];
};

/** A Protection of everything below `/a` that asks for a second step of whoever signed in. */
export function aProtection(changes: ProtectionChanges = {}): Protection {
  const { resources = ["route:/a/**"], ...rest } = changes;
  return {
    kind: "Protection",
    name: "a",
    owner: "tests",
    mode: "enforce",
    observeUntil: null,
    at: place(),
    actions: null,
    permit: [ruleOf("true")],
    assurance: "aal1",
    stepUp: { assurance: "aal2", maxAge: null },
    floor: "none",
    sensitive: false,
    lease: null,
    sessionProfile: null,
    signIn: null,
    as: null,
    ...rest,
    resources: resources.map((text) => {
      const pattern = readResource(text);
      if (!pattern.ok) throw new Error(pattern.refusal);
      return pattern.value;
    }),
  };
}

/** An Offer to go without the second step below `/a`, down to one factor. */
export function anOffer(changes: Partial<Offer> = {}): Offer {
  return {
    kind: "Offer",
    name: "relaxed",
    owner: "tests",
    mode: "enforce",
    observeUntil: null,
    at: place(),
    control: "step-up",
    holders: new Set(["subject", "device"] as const),
    basis: "preference",
    who: null,
    while: null,
    states: [],
    riskAtMost: null,
    scope: scopeOf(["get", "post"], ["route:/a/**"]),
    downTo: "aal1",
    inactivity: null,
    length: {
      default: milliseconds(7 * DAY),
      max: milliseconds(30 * DAY),
      total: milliseconds(90 * DAY),
    },
    uses: null,
    approvals: { count: 0, by: null, from: [], decideWithin: milliseconds(7 * DAY) },
    review: { every: milliseconds(30 * DAY), by: null },
    quota: null,
    budget: null,
    disclosures: new Map(),
    ...changes,
  };
}

export interface PolicyParts {
  readonly protections: readonly Protection[];
  readonly offers: readonly Offer[];
  readonly risk: RiskPolicy | null;
}

/** A policy put together without the compiler, so that it may also be one that the linter would refuse. */
export function policyOf({ protections, offers, risk }: PolicyParts): Policy {
  return {
    protections,
    offers: new Map(offers.map((offer) => [offer.name, offer])),
    risk,
    sessionProfiles: new Map(),
    generalProfiles: [],
    signals: [],
    attributes: DECLARED,
    index: createResourceIndex(protections),
  };
}
