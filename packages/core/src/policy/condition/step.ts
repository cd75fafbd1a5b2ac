import { type ConditionFault, faulted } from "./fault.ts";
import { type Bindings, type CelValue, isFault, isRow, type Result, type Row } from "./value.ts";

/** One compiled node: reads the bindings, gives a value or a fault, never throws. */
export type Step = (bindings: Bindings) => Result;

/** A step, with its value where no binding can change it. */
export interface Compiled {
  readonly step: Step;
  readonly constant?: CelValue;
}

/** A function of one value; `at` names the place in faults. */
export type Unary = (x: CelValue, at: string) => Result;

/** A function of two values; `at` names the place in faults. */
export type Binary = (x: CelValue, y: CelValue, at: string) => Result;

/** What a value of an unexpected type turns into: the fault it carries, or a mismatch. */
export function refuse(value: Result | Row | undefined, at: string): ConditionFault {
  if (value !== undefined && !isRow(value) && isFault(value)) return value;
  return faulted("no-such-overload", at);
}

export function unary(of: Step, apply: Unary, at: string): Step {
  return (bindings) => {
    const x = of(bindings);
    return isFault(x) ? x : apply(x, at);
  };
}

export function binary(left: Step, right: Step, apply: Binary, at: string): Step {
  return (bindings) => {
    const x = left(bindings);
    if (isFault(x)) return x;
    const y = right(bindings);
    return isFault(y) ? y : apply(x, y, at);
  };
}
