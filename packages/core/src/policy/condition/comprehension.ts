import type { MacroName } from "./expression.ts";
import { type ConditionFault, faulted } from "./fault.ts";
import { refuse, type Step } from "./step.ts";
import {
  type Bindings,
  type CelMap,
  type CelValue,
  isFault,
  isList,
  isMap,
  type Result,
  uint,
} from "./value.ts";

/** Where a comprehension keeps the element it is at. Evaluation is synchronous, so one per variable is enough. */
export interface Cell {
  value: Result;
}

type Fold = (items: readonly CelValue[], bindings: Bindings) => Result;

/** The macro over the elements of a list or the keys of a map. */
export function comprehension(
  macro: MacroName,
  range: Step,
  cell: Cell,
  test: Step | undefined,
  result: Step | undefined,
  label: string,
): Step {
  const fold = folding(macro, cell, test, result, label);
  const idle = faulted("internal", label);
  return (bindings) => {
    const from = range(bindings);
    const items = isList(from) ? from : isMap(from) ? keys(from) : undefined;
    if (items === undefined) return refuse(from, label);
    const folded = fold(items, bindings);
    // Nothing of a person's attributes stays behind in the closures.
    cell.value = idle;
    return folded;
  };
}

function keys(map: CelMap): readonly CelValue[] {
  const { unsigned } = map;
  if (unsigned === undefined) return [...map.keys()];
  return [...map.keys()].map((key) => (typeof key === "bigint" && unsigned.has(key) ? uint(key) : key));
}

function folding(
  macro: MacroName,
  cell: Cell,
  test: Step | undefined,
  result: Step | undefined,
  label: string,
): Fold {
  switch (macro) {
    case "all":
      return quantified(cell, test, false, label);
    case "exists":
      return quantified(cell, test, true, label);
    case "exists_one":
      return counted(cell, test, label);
    case "filter":
      return collected(cell, test, undefined, label);
    case "map":
      return collected(cell, test, result, label);
  }
}

/** `all` and `exists`: one decisive element settles it, whatever faults beside it. */
function quantified(cell: Cell, test: Step | undefined, decisive: boolean, label: string): Fold {
  if (test === undefined) return () => faulted("internal", label);
  return (items, bindings) => {
    let fault: ConditionFault | undefined;
    for (let i = 0; i < items.length; i++) {
      cell.value = items[i] ?? null;
      const value = test(bindings);
      if (value === decisive) return decisive;
      if (value !== !decisive && fault === undefined) fault = refuse(value, label);
    }
    return fault ?? !decisive;
  };
}

function counted(cell: Cell, test: Step | undefined, label: string): Fold {
  if (test === undefined) return () => faulted("internal", label);
  return (items, bindings) => {
    let count = 0;
    for (let i = 0; i < items.length; i++) {
      cell.value = items[i] ?? null;
      const value = test(bindings);
      if (value === true) count++;
      else if (value !== false) return refuse(value, label);
    }
    return count === 1;
  };
}

function collected(cell: Cell, test: Step | undefined, result: Step | undefined, label: string): Fold {
  return (items, bindings) => {
    const list: CelValue[] = [];
    for (let i = 0; i < items.length; i++) {
      const item = items[i] ?? null;
      cell.value = item;
      const kept = test === undefined ? true : test(bindings);
      if (kept === false) continue;
      if (kept !== true) return refuse(kept, label);
      const value = result === undefined ? item : result(bindings);
      if (isFault(value)) return value;
      list.push(value);
    }
    return list;
  };
}
