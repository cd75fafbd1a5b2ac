export {
  type CompiledCondition,
  type CompiledExpression,
  type Condition,
  type ConditionCompiler,
  compileCondition,
  compileExpression,
  createConditionCompiler,
} from "./condition.ts";
export { type Environment as ConditionEnvironment, policyEnvironment } from "./environment.ts";
export type { ConditionError, ConditionErrorCode, Feature as ConditionFeature } from "./expression.ts";
export type { ConditionFault, FaultCode } from "./fault.ts";
export { type ConversionOptions, type Converted as ConvertedAttribute, toCelValue } from "./json.ts";
export { type ConditionLimits, DEFAULT_LIMITS } from "./syntax.ts";
export {
  duration as celDuration,
  parseDuration as parseCelDuration,
  parseTimestamp as parseCelTimestamp,
  timestamp as celTimestamp,
} from "./time.ts";
export type { AttributeType, ConditionSchema, Type as CelType } from "./type.ts";
export {
  type Attributes,
  type Bindings,
  type CelDuration,
  type CelMap,
  type CelTimestamp,
  type CelTypeName,
  type CelValue,
  MAX_TEXT,
  type Result as CelResult,
  type Row,
  type Uint,
  uint as celUint,
} from "./value.ts";
