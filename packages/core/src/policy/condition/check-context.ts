import { nearest } from "../nearest.ts";
import type { Checked, Local } from "./checked.ts";
import type { Environment } from "./environment.ts";
import { type Complaint, type Expression, type Feature, type Offset, placeOf } from "./expression.ts";
import { type FaultCode, faulted } from "./fault.ts";
import { DYN, type Type } from "./type.ts";

/** The comprehension variables in sight, innermost first. */
export interface Scope {
  readonly local: Local;
  readonly outer: Scope | undefined;
}

/** The checker as its parts see it, so that they can descend without importing it. */
export interface Descent {
  /** An expression in the place of a value: a whole record is none. */
  value(expression: Expression, scope: Scope | undefined): Checked;
  /** An expression that something is read from: a record too. */
  operand(expression: Expression, scope: Scope | undefined): Checked;
  /** An expression whose value must be a bool. */
  bool(expression: Expression, scope: Scope | undefined): Checked;
}

export interface Said {
  readonly message: string;
  readonly hint?: string;
}

/** What one run of the checker knows and collects. */
export class Context {
  readonly text: string;
  readonly environment: Environment;
  readonly descend: Descent;
  readonly complaints: Complaint[] = [];
  readonly reads: Set<string> = new Set<string>();

  constructor(text: string, environment: Environment, descend: (context: Context) => Descent) {
    this.text = text;
    this.environment = environment;
    this.descend = descend(this);
  }

  get policy(): boolean {
    return this.environment.mode === "policy";
  }

  /** The type as the mode lets it be known. */
  known(type: Type): Type {
    return this.environment.mode === "untyped" ? DYN : type;
  }

  label(name: string, at: Offset): string {
    const { line, column } = placeOf(this.text, at);
    return `${name} at ${line}:${column}`;
  }

  *names(scope: Scope | undefined): Iterable<string> {
    for (let s = scope; s !== undefined; s = s.outer) yield s.local.name;
    yield* this.environment.variables.keys();
  }

  /** Notes a mistake of names or types. Only a policy makes it an error; elsewhere it waits for run time. */
  complain(at: Offset, code: Complaint["code"], said: Said): void {
    if (this.policy) this.complaints.push({ code, at, ...said });
  }

  mistake(at: Offset, label: string, code: Complaint["code"], fault: FaultCode, said: Said): Checked {
    this.complain(at, code, said);
    return this.unresolved(at, label, fault);
  }

  /** A part of CEL that is left out on purpose: an error in every mode. */
  refuse(at: Offset, label: string, feature: Feature, said: Said): Checked {
    this.complaints.push({ code: "condition_feature", at, feature, ...said });
    return this.unresolved(at, label, "no-such-overload");
  }

  unknown(
    what: "name" | "attribute" | "function",
    name: string,
    among: Iterable<string>,
    at: Offset,
  ): Checked {
    const close = nearest(name, among);
    const message = `unknown ${what} \`${name}\``;
    const code = what === "function" ? "condition_unknown_function" : "condition_unknown_name";
    const said = close === undefined ? { message } : { message, hint: `did you mean \`${close}\`?` };
    return this.mistake(at, name, code, "unknown-name", said);
  }

  unresolved(at: Offset, label: string, fault: FaultCode): Checked {
    return { kind: "unresolved", at, type: DYN, label, fault: faulted(fault, label) };
  }
}
