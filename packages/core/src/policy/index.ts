export { CONDITION_VARIABLES, conditionSchema, DERIVED_ATTRIBUTES } from "./attribute-schema.ts";
export { type CanonicalPath, canonicalPath } from "./canonical-path.ts";
export { type Change, type Comparison, compareRevisions, compareSteps, type Direction } from "./compare.ts";
export { readResource } from "./compile/resource.ts";
export { type CompiledPolicy, type CompileOptions, compilePolicy, compileSteps } from "./compile.ts";
export { isKind } from "./document/kind.ts";
export { policyJsonSchema } from "./json-schema.ts";
export { nearest } from "./nearest.ts";
export { PRESET_NAMES, PRESETS, type Preset, type PresetName, type Presets } from "./preset/index.ts";
export {
  formatProblem,
  type PolicyFile,
  type PolicyProblem,
  type PolicyProblemCode,
} from "./problem.ts";
export { createResourceIndex } from "./resource-index.ts";
export { FOLDED, routeTemplate, templateText } from "./route-template.ts";
export * from "./simulation/index.ts";
export type { RuleCoverage } from "./test-suite/coverage.ts";
export { formatTestReport } from "./test-suite/format.ts";
export { isTestFile } from "./test-suite/name.ts";
export { type DecideFunction, runPolicyTests, type TestReport, type TestResult } from "./test-suite/run.ts";
