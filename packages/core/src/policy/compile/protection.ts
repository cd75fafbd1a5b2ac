import type { ResourcePattern } from "../../opt-out/scope.ts";
import { reaches } from "../../vocabulary/assurance.ts";
import { type Duration, parseDuration } from "../../vocabulary/duration.ts";
import { type Instant, parseUntil } from "../../vocabulary/instant.ts";
import type { ProtectionDocument, StepUpText } from "../document/protection.ts";
import { POSTERN, type Protection, type Rule, type StepUp } from "../revision.ts";
import { type CompileContext, compileRule, type Placed, report } from "./context.ts";
import { readResource } from "./resource.ts";
import { lintRules } from "./rule.ts";

export function compileProtection(
  { document, places }: Placed<ProtectionDocument>,
  context: CompileContext,
): Protection {
  const { problems } = context;
  const resources: ResourcePattern[] = [];
  for (const [place, text] of document.resources.entries()) {
    const read = readResource(text);
    if (read.ok) resources.push(read.value);
    else
      report(problems, "error", "resource_not_canonical", read.refusal, places.of(document.resources, place));
  }
  const permit = document.permit;
  let rules: Rule[] | null = null;
  if (permit !== undefined) {
    rules = [];
    for (const [place, rule] of permit.entries()) {
      const at = places.of(permit, place);
      const compiled = compileRule(context, places, rule, "when", rule.when, rule.name, at);
      if (compiled !== null) rules.push(compiled);
    }
    lintRules(rules, problems, true);
  }
  const { assurance } = document.require;
  const stepUp = document.require.stepUp === undefined ? null : readStepUp(document.require.stepUp);
  if (stepUp !== null && !reaches(stepUp.assurance, assurance)) {
    report(
      problems,
      "error",
      "step_up_weaker",
      `expected a step-up to at least \`${assurance}\`, got \`${stepUp.assurance}\``,
      places.of(document.require, "stepUp"),
    );
  }
  const as = document.as;
  return {
    kind: "Protection",
    name: document.name,
    owner: document.owner,
    mode: document.mode,
    observeUntil: readUntil(document.observeUntil),
    at: places.start,
    resources,
    actions: document.actions === undefined ? null : new Set(document.actions),
    permit: rules,
    assurance,
    stepUp,
    floor: document.floor ?? "none",
    sensitive: document.sensitive ?? false,
    lease: document.lease ?? null,
    sessionProfile: document.session ?? null,
    signIn:
      document.signIn === undefined
        ? null
        : {
            url: document.signIn.url,
            stepUp: document.signIn.stepUp ?? (document.signIn.url === POSTERN ? POSTERN : null),
          },
    as: as === undefined ? null : { action: as.action ?? null, resource: nameIn(as.resource) },
  };

  function nameIn(text: string | undefined): { type: string; id: string } | null {
    if (text === undefined) return null;
    const colon = text.indexOf(":");
    if (text.includes("*")) {
      const at = as === undefined ? places.start : places.of(as, "resource");
      report(
        problems,
        "error",
        "wrong_value",
        `expected one resource in \`as.resource\`, got \`${text}\``,
        at,
      );
    }
    return { type: text.slice(0, colon), id: text.slice(colon + 1) };
  }
}

export function readStepUp(text: StepUpText): StepUp {
  return { assurance: text.assurance, maxAge: text.maxAge === undefined ? null : readDuration(text.maxAge) };
}

/** Reads an end of observing that the schema has already accepted. */
export function readUntil(text: string | undefined): Instant | null {
  if (text === undefined) return null;
  const read = parseUntil(text);
  if (!read.ok) throw new TypeError(read.refusal);
  return read.value;
}

/** Reads a duration that the schema has already accepted. */
export function readDuration(text: string): Duration {
  const read = parseDuration(text);
  if (!read.ok) throw new TypeError(read.refusal);
  return read.value;
}
