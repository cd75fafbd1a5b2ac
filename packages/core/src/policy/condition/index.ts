export { type Environment, policyEnvironment } from "./check.ts";
export {
  type CompiledCondition,
  type CompiledExpression,
  type Condition,
  type ConditionCompiler,
  compileCondition,
  compileExpression,
  createConditionCompiler,
} from "./condition.ts";
export type { ConditionError, ConditionErrorCode } from "./expression.ts";
export type { ConditionFault, FaultCode } from "./fault.ts";
export { type ConversionOptions, type Converted, toCelValue } from "./json.ts";
export type { Step } from "./step.ts";
export { type ConditionLimits, DEFAULT_LIMITS } from "./syntax.ts";
export {
  duration,
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseTimestamp,
  timestamp,
} from "./time.ts";
export type { AttributeType, ConditionSchema, ScalarKind, Type } from "./type.ts";
export {
  type Attributes,
  type Bindings,
  type CelDuration,
  type CelMap,
  type CelTimestamp,
  type CelTypeName,
  type CelValue,
  MAX_TEXT,
  type Result,
  type Uint,
  uint,
} from "./value.ts";
