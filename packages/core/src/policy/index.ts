export { type CanonicalPath, canonicalPath } from "./canonical-path.ts";
export { type CompiledPolicy, type CompileOptions, compilePolicy } from "./compile.ts";
export { nearest } from "./nearest.ts";
export { formatProblem, type PolicyFile, type PolicyProblem, type PolicyProblemCode } from "./problem.ts";
