import { type ConditionFault, faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";
import type { Bindings, Result } from "./value.ts";

/** `&&` over any number of terms: one false decides, whatever faults beside it. */
export function conjunction(terms: readonly Step[], label: string): Step {
  const steps = [...terms];
  return (bindings) => {
    for (let i = 0; i < steps.length; i++) {
      const value = steps[i]?.(bindings);
      if (value === true) continue;
      return value === false ? false : afterFault(steps, i + 1, bindings, false, refuse(value, label));
    }
    return true;
  };
}

/** `||` over any number of terms: one true decides, whatever faults beside it. */
export function disjunction(terms: readonly Step[], label: string): Step {
  const steps = [...terms];
  return (bindings) => {
    for (let i = 0; i < steps.length; i++) {
      const value = steps[i]?.(bindings);
      if (value === false) continue;
      return value === true ? true : afterFault(steps, i + 1, bindings, true, refuse(value, label));
    }
    return false;
  };
}

/** After a term has faulted only the value that decides alone can still answer. */
function afterFault(
  steps: readonly Step[],
  from: number,
  bindings: Bindings,
  decisive: boolean,
  fault: ConditionFault,
): Result {
  for (let i = from; i < steps.length; i++) {
    if (steps[i]?.(bindings) === decisive) return decisive;
  }
  return fault;
}

export function negation(operand: Step | undefined, label: string): Step {
  if (operand === undefined) return () => faulted("internal", label);
  return (bindings) => {
    const x = operand(bindings);
    if (x === true) return false;
    return x === false ? true : refuse(x, label);
  };
}

export function conditional(
  test: Step | undefined,
  yes: Step | undefined,
  no: Step | undefined,
  label: string,
): Step {
  if (test === undefined || yes === undefined || no === undefined) return () => faulted("internal", label);
  return (bindings) => {
    const decided = test(bindings);
    if (decided === true) return yes(bindings);
    return decided === false ? no(bindings) : refuse(decided, label);
  };
}
