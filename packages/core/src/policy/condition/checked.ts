import type { MacroName, Offset } from "./expression.ts";
import type { ConditionFault } from "./fault.ts";
import type { Binary, Unary } from "./step.ts";
import type { Type } from "./type.ts";
import type { CelValue } from "./value.ts";

/** The variable of a comprehension. Identity tells two of the same name apart. */
export interface Local {
  readonly name: string;
  readonly type: Type;
}

interface Node {
  readonly type: Type;
  readonly at: Offset;
  /** The attribute's name, or the operation and its place: what a fault reports. */
  readonly label: string;
}

/** An expression whose names and types are settled. */
export type Checked =
  | (Node & { readonly kind: "constant"; readonly value: CelValue })
  | (Node & { readonly kind: "variable"; readonly slot: number })
  | (Node & { readonly kind: "local"; readonly local: Local })
  | (Node & { readonly kind: "field"; readonly operand: Checked; readonly field: string })
  | (Node & { readonly kind: "has"; readonly operand: Checked; readonly field: string })
  | (Node & { readonly kind: "not"; readonly operand: Checked })
  | (Node & { readonly kind: "and" | "or"; readonly terms: readonly Checked[] })
  | (Node & {
      readonly kind: "conditional";
      readonly test: Checked;
      readonly yes: Checked;
      readonly no: Checked;
    })
  | (Node & {
      readonly kind: "unary";
      readonly name: string;
      readonly operand: Checked;
      readonly apply: Unary;
    })
  | (Node & {
      readonly kind: "binary";
      readonly name: string;
      readonly left: Checked;
      readonly right: Checked;
      readonly apply: Binary;
    })
  | (Node & { readonly kind: "list"; readonly items: readonly Checked[] })
  | (Node & { readonly kind: "map"; readonly keys: readonly Checked[]; readonly values: readonly Checked[] })
  | (Node & {
      readonly kind: "macro";
      readonly macro: MacroName;
      readonly range: Checked;
      readonly local: Local;
      readonly test?: Checked;
      readonly result?: Checked;
    })
  /** What only the dynamic mode lets through: it faults whenever it is reached. */
  | (Node & { readonly kind: "unresolved"; readonly fault: ConditionFault });
