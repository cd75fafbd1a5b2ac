import type { ConditionFault } from "./fault.ts";
import { faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";

/** `&&` over any number of terms: one false decides, whatever faults beside it. */
export function conjunction(terms: readonly Step[], label: string): Step {
  return chain(terms, false, label);
}

/** `||` over any number of terms: one true decides, whatever faults beside it. */
export function disjunction(terms: readonly Step[], label: string): Step {
  return chain(terms, true, label);
}

function chain(terms: readonly Step[], decisive: boolean, label: string): Step {
  const [first, second, third, ...rest] = terms;
  if (first === undefined) return () => !decisive;
  if (second === undefined) return first;
  if (third === undefined) return pair(first, second, decisive, label);
  if (rest.length === 0) return triple(first, second, third, decisive, label);
  const steps = [...terms];
  return (bindings) => {
    let fault: ConditionFault | undefined;
    for (let i = 0; i < steps.length; i++) {
      const value = steps[i]?.(bindings);
      if (value === decisive) return decisive;
      if (value !== !decisive && fault === undefined) fault = refuse(value, label);
    }
    return fault ?? !decisive;
  };
}

function pair(first: Step, second: Step, decisive: boolean, label: string): Step {
  return (bindings) => {
    const x = first(bindings);
    if (x === decisive) return decisive;
    const y = second(bindings);
    if (y === decisive) return decisive;
    if (x !== !decisive) return refuse(x, label);
    return y === !decisive ? y : refuse(y, label);
  };
}

function triple(first: Step, second: Step, third: Step, decisive: boolean, label: string): Step {
  return (bindings) => {
    const x = first(bindings);
    if (x === decisive) return decisive;
    const y = second(bindings);
    if (y === decisive) return decisive;
    const z = third(bindings);
    if (z === decisive) return decisive;
    if (x !== !decisive) return refuse(x, label);
    if (y !== !decisive) return refuse(y, label);
    return z === !decisive ? z : refuse(z, label);
  };
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
