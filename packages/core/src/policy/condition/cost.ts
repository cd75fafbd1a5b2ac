import type { Checked } from "./checked.ts";
import type { Complaint } from "./expression.ts";
import type { Type } from "./type.ts";
import { MAX_TEXT } from "./value.ts";

export interface Cost {
  /** Abstract steps of the worst evaluation; infinite where a comprehension has no bound. */
  readonly steps: number;
  readonly complaints: readonly Complaint[];
}

/** Characters that one step stands for when text is compared, searched or copied. */
const TEXT_STEP = 64;
/** A part of a date in a named zone. */
const ZONE_STEPS = 50;

/** The worst case of one evaluation, from the bounds that the schema and literals give. */
export function costOf(root: Checked): Cost {
  const complaints: Complaint[] = [];
  return { steps: steps(root, complaints), complaints };
}

function steps(node: Checked, complaints: Complaint[]): number {
  const cost = (child: Checked): number => steps(child, complaints);
  const sum = (children: readonly Checked[]): number =>
    children.reduce((total, child) => total + cost(child), 0);
  switch (node.kind) {
    case "constant":
    case "variable":
    case "local":
    case "unresolved":
      return 1;
    case "field":
    case "has":
    case "not":
      return 1 + cost(node.operand);
    case "and":
    case "or":
      return 1 + sum(node.terms);
    case "conditional":
      return 1 + cost(node.test) + Math.max(cost(node.yes), cost(node.no));
    case "unary":
      return 1 + cost(node.operand) + unarySteps(node.name, node.operand);
    case "binary":
      return 1 + cost(node.left) + cost(node.right) + binarySteps(node.name, node.left, node.right);
    case "list":
      return 1 + sum(node.items);
    case "map":
      return 1 + sum(node.keys) + sum(node.values);
    case "macro": {
      const times = elements(node.range.type);
      if (times === undefined) {
        complaints.push({
          code: "condition_unbounded",
          message: `\`${node.macro}\` needs a list whose length the schema bounds`,
          at: node.at,
        });
      }
      const body =
        (node.test === undefined ? 0 : cost(node.test)) + (node.result === undefined ? 0 : cost(node.result));
      return 1 + cost(node.range) + (times ?? Number.POSITIVE_INFINITY) * (1 + body);
    }
  }
}

function unarySteps(name: string, operand: Checked): number {
  if (operand.type.kind !== "string" && operand.type.kind !== "bytes") return 0;
  return name === "-_" ? 0 : weight(operand);
}

function binarySteps(name: string, left: Checked, right: Checked): number {
  switch (name) {
    case "_==_":
    case "_!=_":
    case "_<_":
    case "_<=_":
    case "_>_":
    case "_>=_":
    case "startsWith":
    case "endsWith":
      return Math.min(weight(left), weight(right));
    case "_+_":
      return weight(left) + weight(right);
    case "@in":
      if (right.type.kind !== "list") return weight(left);
      return (right.type.max ?? Number.POSITIVE_INFINITY) * Math.min(weight(left), typeWeight(right.type.of));
    case "contains":
      // Searching costs the product in the worst case.
      return weight(left) * Math.max(1, textBound(right) / TEXT_STEP);
    case "_[_]":
      return weight(right);
    default:
      return name.startsWith("get") ? ZONE_STEPS : 0;
  }
}

/** Steps to look at the whole of a value. */
function weight(node: Checked): number {
  if (node.kind === "constant" && typeof node.value === "string") return textSteps(node.value.length);
  if (node.type.kind === "string" || node.type.kind === "bytes") return textSteps(textBound(node));
  return typeWeight(node.type);
}

function typeWeight(type: Type): number {
  switch (type.kind) {
    case "string":
    case "bytes":
      return textSteps(MAX_TEXT);
    case "list":
      return (type.max ?? Number.POSITIVE_INFINITY) * typeWeight(type.of);
    case "map":
      return (type.max ?? Number.POSITIVE_INFINITY) * (typeWeight(type.key) + typeWeight(type.of));
    default:
      return 1;
  }
}

function textSteps(length: number): number {
  return Math.max(1, Math.ceil(length / TEXT_STEP));
}

function textBound(node: Checked): number {
  if (node.kind === "constant") return typeof node.value === "string" ? node.value.length : MAX_TEXT;
  if (node.kind === "binary" && node.name === "_+_") return textBound(node.left) + textBound(node.right);
  if (node.kind === "conditional") return Math.max(textBound(node.yes), textBound(node.no));
  return MAX_TEXT;
}

function elements(type: Type): number | undefined {
  return type.kind === "list" || type.kind === "map" ? type.max : undefined;
}
