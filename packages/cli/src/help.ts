import type { Command, OptionTable, Topic } from "./command.ts";
import { EXIT_MEANINGS } from "./exit-code.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";
import type { Paint } from "./output/colour.ts";

const WIDEST = 90;

/** `postern`: what there is, in one screen. */
export function overview(topics: readonly Topic[], paint: Paint): string {
  const rows = topics.flatMap(({ name, summary, commands }): readonly (readonly [string, string])[] => {
    const [only] = commands;
    if (commands.length === 1 && only?.name === name) return [[name, summary]];
    const words = commands.map((one) => one.name.slice(name.length + 1)).join(", ");
    const line = `${summary}: ${words}`;
    return line.length <= WIDEST
      ? [[name, line]]
      : [
          [name, `${summary}:`],
          ["", `  ${words}`],
        ];
  });
  return `${[
    "Postern governs opt-outs from identity controls.",
    `${paint("strong", "Usage")}  postern <command> [options]; postern help <command> shows what it takes, with examples`,
    "",
    ...pairs(rows),
    "",
    paint("strong", "Environment"),
    ...pairs([
      ["POSTERN_URL", "the control plane (default http://localhost:4600)"],
      ["POSTERN_TOKEN", "the API token; or POSTERN_TOKEN_FILE, a file that holds it"],
    ]),
    "",
    paint("strong", "Exit codes"),
    ...pairs(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
  ].join("\n")}\n`;
}

/** `postern help opt-out`: the commands of one topic. */
export function topicHelp({ name, summary, commands }: Topic, paint: Paint): string {
  const examples = commands.flatMap((command) => command.examples.slice(0, 1)).slice(0, 3);
  return `${[
    `${capital(summary)}.`,
    "",
    `${paint("strong", "Usage")}  postern ${name} <command> [options]`,
    "",
    ...pairs(commands.map((command) => [command.name, command.summary])),
    "",
    ...exampleLines(examples, paint),
    `postern ${name} <command> --help shows its options.`,
  ].join("\n")}\n`;
}

/** `postern opt-out request --help`. */
export function commandHelp(command: Command, paint: Paint): string {
  const operands = Object.entries(command.operands);
  const own =
    Object.entries(command.options).length === 0
      ? []
      : ["", paint("strong", "Options"), ...optionLines(command.options)];
  return `${[
    `${capital(command.summary)}.`,
    "",
    `${paint("strong", "Usage")}  ${usageOf(command)}`,
    ...(command.details === undefined ? [] : ["", command.details]),
    ...(operands.length === 0
      ? []
      : ["", ...pairs(operands.map(([name, { about }]) => [`<${name}>`, about]))]),
    ...own,
    "",
    paint("strong", "Options of every command"),
    ...optionLines(GLOBAL_OPTIONS),
    "",
    ...exampleLines(command.examples, paint),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

export function usageOf(command: Command): string {
  const operands = Object.entries(command.operands).map(([name, { count = "one" }]) => {
    if (count === "many") return `[<${name}> …]`;
    return count === "optional" ? `[<${name}>]` : `<${name}>`;
  });
  const options = Object.keys(command.options).length === 0 ? [] : ["[options]"];
  return ["postern", command.name, ...operands, ...options].join(" ");
}

function optionLines(options: OptionTable): readonly string[] {
  return pairs(
    Object.entries(options).map(([name, { type, short, value, about }]) => [
      `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
      `${about}${type === "list" ? " (may be repeated)" : ""}`,
    ]),
  );
}

function exampleLines(examples: Command["examples"], paint: Paint): readonly string[] {
  if (examples.length === 0) return [];
  const lines = examples.flatMap(({ about, line }) => [`  # ${about}`, `  ${line}`]);
  return [paint("strong", "Examples"), ...lines, ""];
}

function pairs(rows: readonly (readonly [string, string])[]): readonly string[] {
  const widest = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, about]) => `  ${name.padEnd(widest)}  ${about}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
