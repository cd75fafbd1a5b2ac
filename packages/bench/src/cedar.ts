import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { decide } from "@postern/core";
import { populate } from "./population.ts";
import type { Row } from "./row.ts";

const RULES = 100;
const QUESTIONS = 2_000;

/** The rules of `policyOf` in Cedar: the same six terms, and the same step-up as a condition on the session. */
function cedarPolicies(): string {
  const policies: string[] = [];
  for (let rule = 0; rule < RULES; rule++) {
    const stepUp = rule % 2 === 0 ? "" : ' && (context.acr == "aal2" || context.waived)';
    policies.push(`permit (principal, action in [Action::"get", Action::"post"], resource in Folder::"a/${rule}")
when { principal.active && principal.level >= ${rule % 5} && principal.team == "t${rule % 7}" && context.acr != "none"${stepUp} };`);
  }
  return policies.join("\n");
}

/** The same question to both, outcomes compared before anything is timed. */
export function cedarRow(): Row {
  const population = populate({ rules: RULES, optOuts: 1_000, sessions: 1_000, questions: QUESTIONS });
  const parsed = preparsePolicySet("bench", { staticPolicies: cedarPolicies() });
  if (parsed.type !== "success") throw new Error(`cedar refused the policies: ${JSON.stringify(parsed)}`);
  const questions = Array.from({ length: QUESTIONS }, (_, at) => population.ask(at));
  const calls = questions.map(({ request, facts }) => {
    const rule = request.resource.segments?.[1] ?? "0";
    const optOut = facts.optOuts.find(facts.subject?.ref ?? "", "step-up")[0];
    const waived =
      optOut !== undefined &&
      request.action === "get" &&
      optOut.scope.resources.some(({ text }) => text === `app:a/${rule}/**`);
    const principal = { type: "User", id: request.subject?.id ?? "" };
    const resource = { type: "Item", id: request.resource.id };
    return {
      principal,
      action: { type: "Action", id: request.action },
      resource,
      context: { acr: facts.session?.acr ?? "none", waived },
      preparsedPolicySetId: "bench",
      entities: [
        { uid: principal, attrs: { active: true, level: 9, team: `t${Number(rule) % 7}` }, parents: [] },
        { uid: resource, attrs: {}, parents: [{ type: "Folder", id: `a/${rule}` }] },
        { uid: { type: "Folder", id: `a/${rule}` }, attrs: {}, parents: [] },
      ],
    };
  });
  let differences = 0;
  for (const [at, call] of calls.entries()) {
    const answer = statefulIsAuthorized(call);
    const theirs = answer.type === "success" && answer.response.decision === "allow";
    const question = questions[at];
    if (question === undefined) throw new Error("no such question");
    const { outcome } = decide(question.request, question.facts, population.policy, population.now);
    if (theirs !== (outcome === "permit" || outcome === "honour")) differences += 1;
  }
  if (differences > 0)
    throw new Error(`cedar and Postern answer ${differences} of ${calls.length} questions differently`);
  return {
    name: "decide beside cedar-wasm, 100 policies, the same questions",
    target: "100 times at least",
    round() {
      let began = performance.now();
      for (const call of calls) statefulIsAuthorized(call);
      const theirs = (calls.length / (performance.now() - began)) * 1000;
      began = performance.now();
      for (let turn = 0; turn < 20; turn++) {
        for (const { request, facts } of questions) decide(request, facts, population.policy, population.now);
      }
      const ours = ((calls.length * 20) / (performance.now() - began)) * 1000;
      return { "postern/s": ours, "cedar/s": theirs, ratio: ours / theirs };
    },
    met: (medians) => (medians.ratio ?? 0) >= 100,
  };
}
