import type { Command, Topic } from "./command.ts";
import { TOPICS } from "./commands/index.ts";
import type { Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { type Failure, failureOf, UsageError } from "./failure.ts";
import { commandHelp, overview, topicHelp, usageOf } from "./help.ts";
import { paintFor } from "./output/colour.ts";
import { printable } from "./output/table.ts";
import { parse } from "./parse.ts";
import { createRun } from "./run.ts";

const HELP = new Set(["help", "--help", "-h"]);

/** Runs one command line and answers its exit code. Never throws. */
export async function dispatch(words: readonly string[], context: Context): Promise<ExitCode> {
  const json = wantsJson(words);
  let called: Command | undefined;
  try {
    const [first, ...rest] = words;
    const asksHelp = first === undefined || HELP.has(first);
    const asked = asksHelp ? rest : words;
    if (first === "--version" || first === "-v") {
      context.stdout.write(`${await version()}\n`);
      return EXIT.ok;
    }
    if (asked.length === 0) {
      context.stdout.write(overview(TOPICS, paintFor(context.stdout.isTerminal, context.env)));
      return EXIT.ok;
    }
    const { topic, command, left } = await find(asked);
    called = command;
    if (command === undefined || asksHelp) return help(topic, command, left, context);
    const { typed, globals } = await parse(command, left);
    if (globals.help) return help(topic, command, [], context);
    return (await command.run(createRun(context, globals), typed)) ?? EXIT.ok;
  } catch (error) {
    if (context.signal.aborted) return EXIT.interrupted;
    const failure = failureOf(error);
    tell(failure, called, json, context);
    return failure.exit;
  }
}

interface Found {
  readonly topic: Topic;
  /** Undefined: the topic's name alone. */
  readonly command: Command | undefined;
  readonly left: readonly string[];
}

async function find(words: readonly string[]): Promise<Found> {
  const [first = "", second, ...rest] = words;
  const topic = TOPICS.find(({ name }) => name === first);
  if (topic === undefined)
    throw await unknown(
      first,
      "",
      TOPICS.map(({ name }) => name),
    );
  const single = topic.commands.find(({ name }) => name === topic.name);
  if (single !== undefined) return { topic, command: single, left: words.slice(1) };
  if (second === undefined || HELP.has(second)) return { topic, command: undefined, left: [] };
  const command = topic.commands.find(({ name }) => name === `${first} ${second}`);
  if (command === undefined) {
    const names = topic.commands.map(({ name }) => name.slice(first.length + 1));
    throw await unknown(second, `${first} `, names);
  }
  return { topic, command, left: rest };
}

async function unknown(word: string, before: string, known: readonly string[]): Promise<UsageError> {
  const { nearest } = await import("@postern/core");
  const close = nearest(word, known);
  return new UsageError(
    `unknown command \`postern ${before}${word}\``,
    close === undefined
      ? `\`postern help${before === "" ? "" : ` ${before.trim()}`}\` lists what there is`
      : `did you mean \`postern ${before}${close}\`?`,
  );
}

function help(
  topic: Topic,
  command: Command | undefined,
  left: readonly string[],
  context: Context,
): ExitCode {
  const paint = paintFor(context.stdout.isTerminal, context.env);
  if (left.some((word) => !word.startsWith("-")))
    throw new UsageError(`expected nothing more, got \`${left.join(" ")}\``);
  context.stdout.write(command === undefined ? topicHelp(topic, paint) : commandHelp(command, paint));
  return EXIT.ok;
}

function tell(failure: Failure, called: Command | undefined, json: boolean, { stderr, env }: Context): void {
  const { exit, code, message, details, hint } = failure;
  if (json) {
    stderr.write(`${JSON.stringify({ error: { code, message, details, hint, exit } })}\n`);
    return;
  }
  const paint = paintFor(stderr.isTerminal, env);
  stderr.write(`${paint("refused", "postern:")} ${printable(message)}\n`);
  for (const detail of details) stderr.write(`  ${printable(detail)}\n`);
  if (hint !== null) stderr.write(`  ${hint}\n`);
  if (code === "usage" && called !== undefined) {
    stderr.write(`usage: ${usageOf(called)}\n  \`postern help ${called.name}\` says more\n`);
  }
}

/** Whether errors too are to be JSON: looked for before anything else can fail. */
function wantsJson(words: readonly string[]): boolean {
  return words.some(
    (word, at) =>
      word === "-ojson" ||
      word === "--output=json" ||
      ((word === "-o" || word === "--output") && words[at + 1] === "json"),
  );
}

async function version(): Promise<string> {
  const { default: manifest } = (await import("@postern/cli/package.json", { with: { type: "json" } })) as {
    readonly default: { readonly version: string };
  };
  return manifest.version;
}
