import type { ExitCode } from "./exit-code.ts";
import type { Run } from "./run.ts";

/** One option: `text` takes a value, `list` takes one each time it is given, `flag` takes none. */
interface OptionSpec {
  readonly type: "text" | "list" | "flag";
  readonly about: string;
  /** How help names the value, such as `<duration>`. */
  readonly value?: string;
  readonly short?: string;
}

/** One word after the command: needed, optional, or any number of them (then the last). */
interface OperandSpec {
  readonly about: string;
  readonly count?: "one" | "optional" | "many";
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;
export type OperandTable = Readonly<Record<string, OperandSpec>>;

type OptionValue<Spec extends OptionSpec> = Spec["type"] extends "flag"
  ? boolean
  : Spec["type"] extends "list"
    ? readonly string[]
    : string | undefined;
type OperandValue<Spec extends OperandSpec> = Spec["count"] extends "optional"
  ? string | undefined
  : Spec["count"] extends "many"
    ? readonly string[]
    : string;

/** What was typed, by the names that the command declares. */
export interface Typed<Options extends OptionTable, Operands extends OperandTable> {
  readonly options: { readonly [Name in keyof Options]: OptionValue<Options[Name]> };
  readonly operands: { readonly [Name in keyof Operands]: OperandValue<Operands[Name]> };
}

interface Example {
  readonly about: string;
  /** A whole command line, as one would type it. */
  readonly line: string;
}

interface Described {
  /** The words that call it, such as `opt-out request`. */
  readonly name: string;
  /** One line, in the imperative. */
  readonly summary: string;
  /** Paragraphs for `--help`. */
  readonly details?: string;
  readonly examples: readonly Example[];
}

interface CommandSpec<Options extends OptionTable, Operands extends OperandTable> extends Described {
  readonly operands: Operands;
  readonly options: Options;
  readonly run: (run: Run, typed: Typed<Options, Operands>) => Promise<ExitCode | undefined>;
}

/** One command: every file in `commands/` exports one of these. */
export interface Command extends Described {
  readonly operands: OperandTable;
  readonly options: OptionTable;
  /** Undefined is 0. */
  readonly run: (run: Run, typed: Typed<OptionTable, OperandTable>) => Promise<ExitCode | undefined>;
}

export function command<const Options extends OptionTable, const Operands extends OperandTable>(
  spec: CommandSpec<Options, Operands>,
): Command {
  return { ...spec, run: (run, typed) => spec.run(run, typed as Typed<Options, Operands>) };
}

/** Several commands under one first word. */
export interface Topic {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}
