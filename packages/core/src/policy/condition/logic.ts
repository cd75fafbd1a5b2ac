import { faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";

/** `&&` over any number of terms: one false decides, whatever faults beside it. */
export function conjunction(terms: readonly Step[], label: string): Step {
  const [first, second, third] = terms;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return both(first, second, label);
  const half = Math.ceil(terms.length / 2);
  const steps = [conjunction(terms.slice(0, half), label), conjunction(terms.slice(half), label)] as const;
  return both(...steps, label);
}

function both(first: Step, second: Step, label: string): Step {
  return (bindings) => {
    const x = first(bindings);
    if (x === false) return false;
    const y = second(bindings);
    if (x === true && (y === true || y === false)) return y;
    if (y === false) return false;
    return refuse(x === true ? y : x, label);
  };
}

/** `||` over any number of terms: one true decides, whatever faults beside it. */
export function disjunction(terms: readonly Step[], label: string): Step {
  const [first, second, third] = terms;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (third === undefined) return either(first, second, label);
  const half = Math.ceil(terms.length / 2);
  const steps = [disjunction(terms.slice(0, half), label), disjunction(terms.slice(half), label)] as const;
  return either(...steps, label);
}

function either(first: Step, second: Step, label: string): Step {
  return (bindings) => {
    const x = first(bindings);
    if (x === true) return true;
    const y = second(bindings);
    if (x === false && (y === true || y === false)) return y;
    if (y === true) return true;
    return refuse(x === false ? y : x, label);
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
