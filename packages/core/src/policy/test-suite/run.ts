import { bind } from "../../decision/bindings.ts";
import type { Decision } from "../../decision/decision.ts";
import type { DecisionRequest, Facts } from "../../decision/request.ts";
import { checkAsk } from "../../opt-out/eligibility.ts";
import type { Holder } from "../../opt-out/record.ts";
import { exactly, type Now } from "../../vocabulary/instant.ts";
import { report } from "../compile/context.ts";
import { compareProblems, type PolicyFile, type PolicyProblem } from "../problem.ts";
import type { Policy, Position } from "../revision.ts";
import { type RuleCoverage, watch } from "./coverage.ts";
import type { CaseText } from "./document.ts";
import { type PlacedTest, readTests } from "./read.ts";
import { type Scene, SceneProblem, sceneOf } from "./scene.ts";

export type DecideFunction = (request: DecisionRequest, facts: Facts, policy: Policy, now: Now) => Decision;

/** One question of one case and how it was answered. */
export interface TestResult {
  readonly suite: string;
  readonly name: string;
  readonly at: Position;
  /** `ana · get · route:/reports/june`. */
  readonly question: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly got: string;
  /** Reason codes of the answer, and the rules or Offers behind it with their places. */
  readonly reasons: readonly string[];
  readonly because: readonly string[];
}

export interface TestReport {
  readonly results: readonly TestResult[];
  /** Why a suite or case could not be run; any of them fails the run. */
  readonly problems: readonly PolicyProblem[];
  readonly coverage: readonly RuleCoverage[];
  readonly passed: boolean;
}

/** Runs the cases of all suites against a compiled policy. Pure but for what `decide` is given. */
export function runPolicyTests(
  policy: Policy,
  testFiles: readonly PolicyFile[],
  decide: DecideFunction,
): TestReport {
  const { suites, problems } = readTests(testFiles);
  const watched = watch(policy);
  const results = suites.flatMap((suite) =>
    suite.document.cases.flatMap((text, at) => runCase(suite, text, at)),
  );
  problems.sort(compareProblems);
  return {
    results,
    problems,
    coverage: watched.coverage(),
    passed: problems.length === 0 && results.every((result) => result.passed),
  };

  function runCase({ document, places }: PlacedTest, text: CaseText, place: number): readonly TestResult[] {
    const at = places.of(document.cases, place);
    const asksDecision = text.actions !== undefined && text.resources !== undefined;
    const outcomeOfAsk = text.expect === "offered" || text.expect === "refused";
    if (asksDecision === (text.ask !== undefined) || outcomeOfAsk !== (text.ask !== undefined)) {
      const message =
        "expected `actions` and `resources` with the outcome of a decision, or `ask` with `offered` or `refused`";
      report(problems, "error", "nothing_asked", message, at);
      return [];
    }
    const results: TestResult[] = [];
    try {
      if (text.ask !== undefined) {
        const scene = sceneOf(document, text, "", "offer:ask", watched.policy);
        results.push(resultOf(text, at, whoOf(scene), text.ask, askOf(text.ask, scene), document.name));
      }
      for (const resource of text.resources ?? []) {
        for (const action of text.actions ?? []) {
          const scene = sceneOf(document, text, action, resource, watched.policy);
          const decision = decide(scene.request, scene.facts, watched.policy, exactly(scene.now));
          const question = `${action} · ${resource}`;
          results.push(resultOf(text, at, whoOf(scene), question, answerOf(decision, policy), document.name));
        }
      }
    } catch (error) {
      if (!(error instanceof SceneProblem)) throw error;
      report(problems, "error", error.code, error.message, at);
    }
    return results;
  }

  function askOf(offer: string, { request, facts, now }: Scene): Answer {
    const { subject, device } = facts;
    const stated = watched.policy.offers.get(offer);
    if (stated === undefined) {
      throw new SceneProblem("unknown_reference", `expected an Offer of the policy, got \`${offer}\``);
    }
    const holder: Holder =
      stated.holders.has("anonymous") || subject === null
        ? { kind: "anonymous" }
        : stated.holders.has("device") && device !== null
          ? { kind: "device", device: device.ref, subject: subject.ref }
          : { kind: "subject", subject: subject.ref };
    const bindings = () => bind(request, facts, watched.policy.attributes, "unknown", exactly(now));
    const states = subject?.states ?? new Set<string>();
    const ask = { offer, holder, scope: stated.scope, length: null, startsAt: null };
    const checked = checkAsk(ask, watched.policy, { states, bindings }, now);
    return checked.ok
      ? { outcome: "offered", reasons: [], because: [] }
      : { outcome: "refused", reasons: [checked.refusal.code], because: [checked.refusal.compared] };
  }
}

interface Answer {
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly because: readonly string[];
}

function answerOf(decision: Decision, policy: Policy): Answer {
  const waived = decision.waived.map(({ offer }) => {
    const at = policy.offers.get(offer)?.at;
    return `waived by \`${offer}\`${at === undefined ? "" : ` at ${at.file}:${at.line}`}`;
  });
  const refused = decision.notHonoured.map(
    ({ control, reason }) => `an opt-out from ${control} was not honoured: ${reason}`,
  );
  const unmet = decision.unmet.map(({ requirement, reason }) => `${requirement.kind}: ${reason}`);
  const protections = decision.protections.map(
    ({ name, at }) => `Protection \`${name}\` at ${at.file}:${at.line}`,
  );
  return {
    outcome: decision.outcome,
    reasons: [...decision.unmet, ...decision.notHonoured].map(({ reason }) => reason),
    because: [...unmet, ...refused, ...waived, ...protections],
  };
}

function whoOf({ request }: Scene): string {
  return request.subject?.id ?? "a visitor";
}

function resultOf(
  text: CaseText,
  at: Position,
  who: string,
  question: string,
  answer: Answer,
  suite: string,
): TestResult {
  const missing = (text.reasons ?? []).filter((reason) => !answer.reasons.includes(reason));
  const wanted = text.reasons === undefined ? "" : ` (${text.reasons.join(", ")})`;
  const given = answer.reasons.length === 0 ? "" : ` (${[...new Set(answer.reasons)].join(", ")})`;
  return {
    suite,
    name: text.name,
    at,
    question: `${who} · ${question}`,
    passed: answer.outcome === text.expect && missing.length === 0,
    expected: `${text.expect}${wanted}`,
    got: `${answer.outcome}${given}`,
    reasons: answer.reasons,
    because: answer.because,
  };
}
