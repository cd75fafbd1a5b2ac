import type { Explanation } from "@postern/core";
import type { LoggedDecision, Why } from "@postern/sdk";
import { type Command, command } from "../command.ts";
import { nameText } from "../entity-name.ts";
import { type Paint, toneOf } from "../output/colour.ts";
import { fields, table } from "../output/table.ts";
import { when } from "../output/time.ts";

export const why: Command = command({
  name: "why",
  summary: "say why a request was decided as it was",
  details:
    "Every decision carries its id in the `Decision-Id` header. Shows each check, what met it or waived it, and where\n" +
    "policy says so (file:line).",
  operands: { decision: { about: "the decision (dec_…)" } },
  options: {},
  examples: [{ about: "why was I blocked?", line: "postern why dec_0123456789abcdefghjkmnpqrs" }],
  run: async (run, { operands }) => {
    const { context, out } = run;
    const client = await run.client();
    const found = await client.decisions.why(operands.decision, { signal: context.signal });
    out.show(found, () => whyText(found, context.now(), out.paint));
    return undefined;
  },
});

function whyText({ decision, explanation, facts, marks }: Why, now: number, paint: Paint): string {
  const held = Object.entries(facts).map(([name, value]) => [name, JSON.stringify(value)] as const);
  return [
    decisionText(decision, now, paint),
    explanationText(explanation, paint),
    marks.length === 0
      ? ""
      : `\n${paint("strong", "what was said of it")}\n${fields(marksOf(marks, now), paint)}`,
    held.length === 0 ? "" : `\n${paint("strong", "what was known")}\n${fields(held, paint)}`,
  ].join("");
}

function marksOf(marks: Why["marks"], now: number): readonly (readonly [string, string])[] {
  return marks.map(({ as, own, at }) => [as, `by ${own ? "the person" : "an operator"}, ${when(at, now)}`]);
}

function decisionText(decision: LoggedDecision, now: number, paint: Paint): string {
  return fields(
    [
      ["decision", decision.id],
      ["outcome", { text: decision.outcome, tone: toneOf(decision.outcome) }],
      [
        "asked",
        `${decision.action} ${nameText(decision.resource)} by ${decision.subject === null ? "a visitor" : nameText(decision.subject)}`,
      ],
      ["at", when(decision.at, now)],
      ["revision", decision.revision],
      ...(decision.rule === null ? [] : [["rule", decision.rule] as const]),
      ...(decision.endsAt === null ? [] : [["opt-out ends", when(decision.endsAt, now)] as const]),
      ...(decision.entry === null
        ? []
        : [["ledger", `entry ${decision.entry.index}, position ${decision.entry.position}`] as const]),
    ],
    paint,
  );
}

type Place = { readonly file: string; readonly line: number };

function placeText(places: readonly (Place | null)[]): string {
  return [
    ...new Set(places.flatMap((place) => (place === null ? [] : [`${place.file}:${place.line}`]))),
  ].join(", ");
}

/** The same for what was decided and for what would be. */
export function explanationText(explanation: Explanation, paint: Paint): string {
  const checks = explanation.checks.map(({ check, result, reason, detail, at }) => [
    { text: result, tone: toneOf(result) },
    check,
    reason ?? "",
    detail,
    placeText(at),
  ]);
  const optOuts = explanation.optOuts.map(({ optOut, control, used, detail, at }) => [
    { text: used ? "used" : "not used", tone: used ? ("gap" as const) : ("closed" as const) },
    optOut,
    control,
    detail,
    placeText([at]),
  ]);
  const protections = explanation.protections.map(({ name, owner, mode, at }) => [
    name,
    owner,
    mode,
    placeText([at]),
  ]);
  const rules = explanation.risk.rules.map(({ name, result, at }) => [name, result, placeText([at])]);
  const factors = (explanation.risk.factors ?? []).map(({ name, share, detail, at }) => [
    String(share),
    name,
    detail,
    placeText(at === null ? [] : [at]),
  ]);
  return [
    `\n${explanation.summary}\n\n`,
    table(["RESULT", "CHECK", "REASON", "WHAT IT FOUND", "AT"], checks, paint),
    optOuts.length === 0
      ? ""
      : `\n${table(["OPT-OUT", "ID", "CONTROL", "WHAT BECAME OF IT", "AT"], optOuts, paint)}`,
    protections.length === 0 ? "" : `\n${table(["PROTECTION", "OWNER", "MODE", "AT"], protections, paint)}`,
    `\nrisk ${explanation.risk.level}${explanation.risk.score == null ? "" : `, score ${explanation.risk.score} of 100`}\n`,
    factors.length === 0 ? "" : table(["SHARE", "FACTOR", "WHAT IT FOUND", "AT"], factors, paint),
    rules.length === 0 ? "" : table(["RULE", "HOLDS", "AT"], rules, paint),
    explanation.wouldBe === null
      ? ""
      : `\nwere ${explanation.wouldBe.protections.join(", ")} enforced: ${explanation.wouldBe.outcome}\n`,
  ].join("");
}
