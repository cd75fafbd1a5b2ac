import { parseArgs } from "node:util";
import type { Command, OperandTable, OptionTable, Typed } from "./command.ts";
import { messageOf, UsageError } from "./failure.ts";
import { GLOBAL_OPTIONS, type GlobalValues } from "./global-options.ts";

export interface Parsed {
  readonly typed: Typed<OptionTable, OperandTable>;
  readonly globals: GlobalValues;
}

/** Reads the words after a command's name. Throws `UsageError`. */
export async function parse(command: Command, words: readonly string[]): Promise<Parsed> {
  const table: OptionTable = { ...GLOBAL_OPTIONS, ...command.options };
  const { values, positionals } = await parsed(table, words);
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { type }]) => [name, givenValue(type, values[name])]),
  );
  const typed = { options, operands: operandsOf(command, positionals, options.help === true) };
  return { typed: typed as Parsed["typed"], globals: options as unknown as GlobalValues };
}

async function parsed(
  table: OptionTable,
  words: readonly string[],
): Promise<{ readonly values: Readonly<Record<string, unknown>>; readonly positionals: readonly string[] }> {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { type, short }]) => [
      name,
      {
        type: type === "flag" ? ("boolean" as const) : ("string" as const),
        multiple: type === "list",
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
    });
    return { values, positionals };
  } catch (error) {
    const hint = await closeOption(messageOf(error), Object.keys(table));
    throw new UsageError(sentenceOf(messageOf(error)), hint);
  }
}

/** The option that begins as the unknown one does, or the other way round, where there is just one; else the nearest. */
async function closeOption(message: string, known: readonly string[]): Promise<string | null> {
  const typed = /^Unknown option '--([^'=]+)/.exec(message)?.[1];
  if (typed === undefined) return null;
  const close = known.filter((name) => name.startsWith(typed) || typed.startsWith(name));
  const { nearest } = await import("@postern/core");
  const meant = close.length === 1 ? close[0] : nearest(typed, known);
  return meant === undefined ? null : `did you mean \`--${meant}\`?`;
}

/** Node's sentences, in this program's manner. */
function sentenceOf(message: string): string {
  const unknown = /^Unknown option '(-[^']+)'/.exec(message);
  if (unknown !== null) return `unknown option \`${unknown[1]}\``;
  const [first = message] = message.split(". ");
  return first.charAt(0).toLowerCase() + first.slice(1).replaceAll("'", "`").replace(/\.$/, "");
}

function givenValue(type: "text" | "list" | "flag", value: unknown): unknown {
  switch (type) {
    case "flag":
      return value === true;
    case "list":
      return value ?? [];
    case "text":
      return value;
    default:
      return type satisfies never;
  }
}

function operandsOf(
  command: Command,
  words: readonly string[],
  help: boolean,
): Readonly<Record<string, unknown>> {
  const left = [...words];
  const operands: Record<string, unknown> = {};
  for (const [name, { count = "one" }] of Object.entries(command.operands)) {
    if (count === "many") {
      operands[name] = left.splice(0);
      continue;
    }
    const word = left.shift();
    if (word === undefined && count === "one" && !help)
      throw new UsageError(`expected <${name}> after \`postern ${command.name}\``);
    operands[name] = word;
  }
  if (left.length > 0) throw new UsageError(`expected nothing more, got \`${left.join(" ")}\``);
  return operands;
}
