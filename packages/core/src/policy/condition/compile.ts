import { field, local, presence, variable } from "./attribute.ts";
import type { Checked, Local } from "./checked.ts";
import { compareSteps, equalitySteps, membershipSteps } from "./comparison-step.ts";
import { type Cell, comprehension } from "./comprehension.ts";
import type { Complaint } from "./expression.ts";
import { faulted } from "./fault.ts";
import { listOf, mapOf } from "./literal.ts";
import { conditional, conjunction, disjunction, negation } from "./logic.ts";
import { binary, type Compiled, type Step, unary } from "./step.ts";
import { type CelValue, isFault } from "./value.ts";

export interface Compilation {
  readonly step: Step;
  /** Parts that fault whatever the bindings are. */
  readonly complaints: readonly Complaint[];
}

/** Turns a checked tree into closures, chosen by the types that the checker settled. */
export function compile(root: Checked): Compilation {
  const compiler = new Compiler();
  const { step } = compiler.compile(root);
  return { step, complaints: compiler.complaints };
}

class Compiler {
  readonly complaints: Complaint[] = [];
  readonly cells: Map<Local, Cell> = new Map<Local, Cell>();

  compile(node: Checked): Compiled {
    switch (node.kind) {
      case "constant":
        return constant(node.value);
      case "variable":
        return { step: variable(node.slot, node.type, node.label) };
      case "local":
        return { step: local(this.cell(node.local), node.label) };
      case "field":
        return this.fold(node, [node.operand], ([operand]) => field(node, operand));
      case "has":
        return this.fold(node, [node.operand], ([operand]) => presence(node, operand));
      case "not":
        return this.fold(node, [node.operand], ([operand]) => negation(operand, node.label));
      case "and":
        return this.fold(node, node.terms, (terms) => conjunction(terms, node.label));
      case "or":
        return this.fold(node, node.terms, (terms) => disjunction(terms, node.label));
      case "conditional":
        return this.fold(node, [node.test, node.yes, node.no], ([test, yes, no]) =>
          conditional(test, yes, no, node.label),
        );
      case "unary":
        return this.unary(node);
      case "binary":
        return this.binary(node);
      case "list":
        return this.fold(node, node.items, listOf);
      case "map": {
        const { keys, values, label } = node;
        return this.fold(node, [...keys, ...values], (steps) =>
          mapOf(steps.slice(0, keys.length), steps.slice(keys.length), label),
        );
      }
      case "macro":
        return this.macro(node);
      case "unresolved": {
        const { fault } = node;
        return { step: () => fault };
      }
    }
  }

  private unary(node: Extract<Checked, { readonly kind: "unary" }>): Compiled {
    const operand = this.compile(node.operand);
    return this.settle(node, [operand], unary(operand.step, node.apply, node.label));
  }

  private binary(node: Extract<Checked, { readonly kind: "binary" }>): Compiled {
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    const step =
      equalitySteps(node, left, right) ??
      compareSteps(node, left, right) ??
      membershipSteps(node, left, right) ??
      binary(left.step, right.step, node.apply, node.label);
    return this.settle(node, [left, right], step);
  }

  private macro(node: Extract<Checked, { readonly kind: "macro" }>): Compiled {
    const range = this.compile(node.range);
    const cell = this.cell(node.local);
    const test = node.test === undefined ? undefined : this.compile(node.test).step;
    const result = node.result === undefined ? undefined : this.compile(node.result).step;
    return { step: comprehension(node.macro, range.step, cell, test, result, node.label) };
  }

  private cell(of: Local): Cell {
    const known = this.cells.get(of);
    if (known !== undefined) return known;
    const cell: Cell = { value: faulted("internal", of.name) };
    this.cells.set(of, cell);
    return cell;
  }

  private fold(node: Checked, parts: readonly Checked[], make: (steps: readonly Step[]) => Step): Compiled {
    const compiled = parts.map((part) => this.compile(part));
    return this.settle(node, compiled, make(compiled.map((part) => part.step)));
  }

  /** Computes once what depends on no binding. */
  private settle(node: Checked, parts: readonly Compiled[], step: Step): Compiled {
    if (parts.some((part) => part.constant === undefined)) return { step };
    const value = step([]);
    if (!isFault(value)) return constant(value);
    this.complaints.push({
      code: "condition_always_faults",
      message: `\`${node.label.split(" at ")[0] ?? node.label}\` always fails here: ${value.fault}`,
      at: node.at,
    });
    return { step: () => value };
  }
}

function constant(value: CelValue): Compiled {
  return { step: () => value, constant: value };
}
