import { controlOf } from "../controls/index.ts";
import type { OptOut } from "../opt-out/record.ts";
import type { Policy, Position, Protection, Rule } from "../policy/revision.ts";
import { CONTROL_IDS, type ControlId } from "../vocabulary/control.ts";
import { formatInstant, type Now } from "../vocabulary/instant.ts";
import type { ReasonCode } from "../vocabulary/reason.ts";
import { assessmentFor } from "./assess.ts";
import { bind } from "./bindings.ts";
import type { Decision, Outcome } from "./decision.ts";
import { demandOf } from "./demand.ts";
import { type ExplainedFactor, explainFactors } from "./explain-risk.ts";
import { REASONS } from "./reason-text.ts";
import type { DecisionRequest, Facts } from "./request.ts";
import type { Requirement } from "./requirement.ts";

/** One line of the answer to "why": a check, how it went, what met or waived it, and where policy says so. */
export interface ExplainedCheck {
  readonly check: string;
  readonly result: "met" | "waived" | "unmet" | "not-asked";
  readonly reason: ReasonCode | null;
  /** A sentence for an administrator. Never shown to end users. */
  readonly detail: string;
  readonly at: readonly Position[];
}

export interface ExplainedOptOut {
  readonly optOut: string;
  readonly control: ControlId;
  readonly offer: string | null;
  readonly used: boolean;
  readonly reason: ReasonCode | null;
  readonly detail: string;
  readonly at: Position | null;
}

export interface Explanation {
  readonly outcome: Outcome;
  readonly summary: string;
  readonly checks: readonly ExplainedCheck[];
  readonly optOuts: readonly ExplainedOptOut[];
  readonly protections: readonly {
    readonly name: string;
    readonly owner: string;
    readonly mode: string;
    readonly at: Position;
  }[];
  readonly risk: {
    readonly level: string;
    readonly rules: readonly { readonly name: string; readonly result: string; readonly at: Position }[];
    /** From 0 to 100; null: policy makes no score, or nobody has looked. */
    readonly score: number | null;
    /** What the score is made of: the shares add up to it. */
    readonly factors: readonly ExplainedFactor[];
    readonly missing: readonly string[];
  };
  readonly wouldBe: { readonly outcome: Outcome; readonly protections: readonly string[] } | null;
}

/**
 * Renders a decision into every check, what met it, what waived it, why an opt-out was not honoured, with
 * policy file and line. Apart from `decide`, so that answering never pays for explaining.
 */
export function explain(
  decision: Decision,
  request: DecisionRequest,
  facts: Facts,
  policy: Policy,
  now: Now,
): Explanation {
  const demand = demandOf(decision.protections, policy, decision.risk);
  const score = decision.scored?.score ?? null;
  const bindings = bind(request, facts, policy.attributes, decision.risk, now, undefined, score);
  const { scoring } = policy.risk ?? {};
  const looked = scoring === undefined || facts.risk === undefined ? null : { scoring, known: facts.risk };
  // As it was assessed: before there was a risk to read.
  const bound = bind(request, facts, policy.attributes, "unknown", now);
  const assessment = looked === null ? null : assessmentFor(looked.scoring, looked.known, bound);
  const outcomeOfRule = (rule: Rule): string => {
    const holds = rule.when.evaluate(bindings);
    return typeof holds === "boolean" ? String(holds) : `fault: ${holds.fault} at \`${holds.at}\``;
  };
  const checks: ExplainedCheck[] = [governed(decision), permitted(decision, outcomeOfRule)];
  for (const id of CONTROL_IDS) {
    checks.push(controlCheck(id, decision, demand.signIn === null ? "" : demand.signIn.url));
  }
  const ofOptOut = (id: string): OptOut | undefined => find(facts, id);
  const optOuts: ExplainedOptOut[] = [
    ...decision.waived.map((waived) => ({
      optOut: waived.optOut,
      control: waived.requirement.control,
      offer: waived.offer,
      used: true,
      reason: null,
      detail: `waived ${requirementText(waived.requirement)}`,
      at: policy.offers.get(waived.offer)?.at ?? null,
    })),
    ...decision.notHonoured.map(({ optOut, control, reason }) => {
      const offer = ofOptOut(optOut)?.offer ?? null;
      return {
        optOut,
        control,
        offer,
        used: false,
        reason,
        detail: `not honoured: ${REASONS[reason]}`,
        at: offer === null ? null : (policy.offers.get(offer)?.at ?? null),
      };
    }),
  ];
  return {
    outcome: decision.outcome,
    summary: summary(decision, now),
    checks,
    optOuts,
    protections: decision.protections.map(({ name, owner, mode, at }) => ({ name, owner, mode, at })),
    risk: {
      level: decision.risk,
      rules: [...(policy.risk?.rules ?? []), ...(policy.risk?.scoring?.points ?? [])].map((rule) => ({
        name: rule.name,
        result: outcomeOfRule(rule),
        at: rule.at,
      })),
      score,
      factors: explainFactors(assessment, policy),
      missing: assessment?.missing ?? [],
    },
    wouldBe:
      decision.wouldBe === null
        ? null
        : {
            outcome: decision.wouldBe.outcome,
            protections: decision.wouldBe.protections.map(({ name }) => name),
          },
  };
}

function governed(decision: Decision): ExplainedCheck {
  const unmet = decision.unmet.find(({ requirement }) => requirement.kind === "governed");
  const names = decision.protections.map(({ name }) => name).join(", ");
  return {
    check: "governed",
    result: unmet === undefined ? "met" : "unmet",
    reason: unmet?.reason ?? null,
    detail:
      unmet === undefined
        ? decision.governed
          ? `by ${names}`
          : "only observed; counted as ungoverned"
        : REASONS[unmet.reason],
    at: decision.protections.map(({ at }) => at),
  };
}

function permitted(decision: Decision, outcomeOfRule: (rule: Rule) => string): ExplainedCheck {
  const unmet = decision.unmet.find(({ requirement }) => requirement.kind === "permitted");
  const stating = decision.protections.filter(
    (one): one is Protection & { permit: readonly Rule[] } => one.permit !== null,
  );
  const rules = stating.flatMap(({ permit }) => permit);
  const told = rules.map((rule) => `${rule.name} (${outcomeOfRule(rule)})`).join(", ");
  return {
    check: "permitted",
    result: unmet === undefined ? (decision.governed ? "met" : "not-asked") : "unmet",
    reason: unmet?.reason ?? null,
    detail: rules.length === 0 ? "no Protection says who is permitted" : `rules: ${told}`,
    at: rules.map(({ at }) => at),
  };
}

function controlCheck(id: ControlId, decision: Decision, signIn: string): ExplainedCheck {
  const at = decision.protections.map((protection) => protection.at);
  const waived = decision.waived.find(({ requirement }) => requirement.control === id);
  if (waived !== undefined) {
    return {
      check: id,
      result: "waived",
      reason: null,
      detail: `${requirementText(waived.requirement)}; waived by ${waived.optOut}`,
      at,
    };
  }
  const unmet = decision.unmet.find(
    ({ requirement }) => "control" in requirement && requirement.control === id,
  );
  if (unmet === undefined) {
    return { check: id, result: "met", reason: null, detail: controlOf(id).summary, at: [] };
  }
  const way =
    unmet.challenge === null
      ? "cannot be met"
      : `can be met by ${unmet.challenge.kind}${signIn === "" ? "" : ` at ${signIn}`}`;
  return {
    check: id,
    result: "unmet",
    reason: unmet.reason,
    detail: `${requirementText(unmet.requirement)}: ${REASONS[unmet.reason]}; ${way}`,
    at,
  };
}

export function requirementText(requirement: Requirement): string {
  switch (requirement.kind) {
    case "governed":
      return "some Protection covers it";
    case "permitted":
      return "a rule permits it";
    case "authenticated":
      return `authenticated at ${requirement.atLeast} or higher`;
    case "stepped-up":
      return requirement.maxAge === null
        ? `stepped up to ${requirement.atLeast}`
        : `stepped up to ${requirement.atLeast} within the last ${Math.floor(requirement.maxAge / 1000)} seconds`;
    case "session-live":
      return "active recently enough";
    case "leased":
      return `a lease of ${requirement.role} on ${requirement.system}`;
    case "account-kept":
      return "an account in use";
    default:
      return requirement satisfies never;
  }
}

function summary(decision: Decision, now: Now): string {
  const at = formatInstant(now.latest);
  const waived = decision.waived
    .map(({ requirement, optOut }) => `${requirement.control} by ${optOut}`)
    .join(", ");
  const unmet = decision.unmet.map(({ reason }) => REASONS[reason]).join("; ");
  switch (decision.outcome) {
    case "permit":
      return decision.governed
        ? `permitted at ${at}: every requirement was met`
        : `permitted at ${at}: no enforced Protection covers it`;
    case "honour":
      return `honoured at ${at}: waived ${waived}`;
    case "challenge":
      return `challenged at ${at}: ${unmet}`;
    case "deny":
      return `denied at ${at}: ${unmet}`;
    default:
      return decision.outcome satisfies never;
  }
}

function find(facts: Facts, id: string): OptOut | undefined {
  for (const holder of [facts.subject?.ref, facts.device?.ref, "anonymous"]) {
    if (holder === undefined) continue;
    for (const control of CONTROL_IDS) {
      const found = facts.optOuts.find(holder, control).find((one) => one.id === id);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
