import type { Duration } from "../vocabulary/duration.ts";
import type { Instant } from "../vocabulary/instant.ts";
import { conditionSchema } from "./attribute-schema.ts";
import { compileAttributes } from "./compile/attributes.ts";
import { type CompileContext, type Lowered, type Placed, report } from "./compile/context.ts";
import { compileOffer } from "./compile/offer.ts";
import { compileProtection } from "./compile/protection.ts";
import { compileRisk } from "./compile/risk.ts";
import { compileSessionProfile } from "./compile/session-profile.ts";
import { compileSignalRule } from "./compile/signal-rule.ts";
import { createConditionCompiler } from "./condition/index.ts";
import type { OfferDocument } from "./document/offer.ts";
import type { ProtectionDocument } from "./document/protection.ts";
import { type Kind, type PolicyDocument, readDocuments } from "./document/read.ts";
import { lintDisclosure } from "./lint/disclosure.ts";
import { lintMode } from "./lint/mode.ts";
import { LONGEST_TOTAL, lintOffer } from "./lint/offer.ts";
import { lintProtections } from "./lint/protection.ts";
import { lintReach } from "./lint/reach.ts";
import { PRESETS, type Preset, type PresetName, type Presets } from "./preset/index.ts";
import { compareProblems, type PolicyFile, type PolicyProblem } from "./problem.ts";
import { createResourceIndex } from "./resource-index.ts";
import type { Offer, Policy, Protection, RiskPolicy, SessionProfile } from "./revision.ts";
import { allSteps } from "./steps.ts";
import { isTestFile } from "./test-suite/name.ts";

export interface CompileOptions {
  /** The longest total length that an Offer may state; a year where nothing is said. */
  readonly longestTotal?: Duration;
  /** The present, where somebody publishes or checks: what is said to end too late is refused. */
  readonly at?: Instant;
  /** The published rules; those that ship where nothing is said. */
  readonly presets?: Presets;
}

export type CompiledPolicy =
  | { readonly ok: true; readonly policy: Policy; readonly warnings: readonly PolicyProblem[] }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/**
 * Compiles a policy directory. Reports everything that is wrong, sorted by place, never just the first.
 * Files of policy tests (`*_test.yaml`) are left out. Total: never throws on what files say.
 */
export function compilePolicy(files: readonly PolicyFile[], options: CompileOptions = {}): CompiledPolicy {
  return allSteps(compileSteps(files, options));
}

/** The same in steps of about one document each, for whoever has other things to do in between. */
export function* compileSteps(
  files: readonly PolicyFile[],
  options: CompileOptions = {},
): Generator<void, CompiledPolicy> {
  const { documents, problems } = yield* readDocuments(files.filter(({ path }) => !isTestFile(path)));
  const declarations = compileAttributes(ofKind("Attributes"), problems);
  const conditions = createConditionCompiler(conditionSchema(declarations));
  const presets = options.presets ?? PRESETS;
  const presetOf = (name: PresetName): Preset => presets[name];
  const context: CompileContext = { problems, declarations, conditions, presetOf };

  const profiles = new Map<string, SessionProfile>();
  for (const placed of ofKind("SessionProfile")) {
    const profile = compileSessionProfile(placed, context);
    if (profile !== null) profiles.set(profile.name, profile);
  }
  const protections: Lowered<ProtectionDocument, Protection>[] = [];
  for (const placed of ofKind("Protection")) {
    protections.push({ ...placed, compiled: compileProtection(placed, context) });
    yield;
  }
  const offers: Lowered<OfferDocument, Offer>[] = [];
  for (const placed of ofKind("Offer")) {
    offers.push({ ...placed, compiled: compileOffer(placed, context) });
    yield;
  }
  const risk = onlyRisk();
  const policy: Policy = {
    protections: protections.map(({ compiled }) => compiled),
    offers: new Map(offers.map(({ compiled }) => [compiled.name, compiled])),
    risk,
    sessionProfiles: profiles,
    generalProfiles: generalProfiles(),
    signals: ofKind("SignalRule").map((placed) =>
      compileSignalRule(placed, context, new Set(offers.map(({ compiled }) => compiled.name))),
    ),
    attributes: declarations,
    index: createResourceIndex(protections.map(({ compiled }) => compiled)),
  };

  const limits = { longestTotal: options.longestTotal ?? LONGEST_TOTAL };
  const names = new Set(ofKind("SessionProfile").map(({ document }) => document.name));
  yield;
  lintProtections(protections, names, policy.index, context);
  for (const offer of offers) {
    lintOffer(offer, context, limits);
    lintDisclosure(offer, context);
    yield;
  }
  lintMode([...protections, ...offers], options.at ?? null, context);
  lintReach(offers, protections, risk, context);
  const first = files[0];
  if (protections.length === 0 && first !== undefined && !problems.some(isError)) {
    const at = { file: first.path, line: 1, column: 1 };
    report(problems, "warning", "nothing_protected", "no Protection, so every request is denied", at);
  }
  problems.sort(compareProblems);
  return problems.some(isError) ? { ok: false, problems } : { ok: true, policy, warnings: problems };

  function ofKind<Name extends Kind>(kind: Name): readonly Placed<Extract<PolicyDocument, { kind: Name }>>[] {
    return documents[kind] as never;
  }

  function generalProfiles(): readonly SessionProfile[] {
    const named = new Set(protections.flatMap(({ compiled }) => compiled.sessionProfile ?? []));
    return [...profiles.values()].filter(({ name }) => !named.has(name));
  }

  function onlyRisk(): RiskPolicy | null {
    const [placed, ...others] = ofKind("Risk");
    for (const other of others) {
      report(
        problems,
        "error",
        "several_risks",
        "expected one Risk document, got another",
        other.places.start,
      );
    }
    return placed === undefined ? null : compileRisk(placed, context);
  }
}

function isError(problem: PolicyProblem): boolean {
  return problem.severity === "error";
}
