import { readFileSync } from "node:fs";
import { TOUR } from "./place.ts";

/** One step of docs/tour.md: what it shows, the commands as written there, and what they print. */
export interface TourStep {
  readonly title: string;
  readonly commands: string;
  /** `…` stands for anything within a line, and alone on a line for any number of lines. */
  readonly prints: string;
}

export function tourText(): string {
  return readFileSync(TOUR, "utf8");
}

/** A step is a heading with a `sh` block and, where it prints something, a `text` block. */
export function tourSteps(text: string = tourText()): readonly TourStep[] {
  const steps: TourStep[] = [];
  for (const part of text.split(/^#+ (?=\d)/m).slice(1)) {
    const title = part.slice(0, part.indexOf("\n")).trim();
    const commands = blocks(part, "sh").join("\n");
    if (commands === "") throw new Error(`expected a \`sh\` block in the step \`${title}\` of docs/tour.md`);
    steps.push({ title, commands, prints: blocks(part, "text").join("\n") });
  }
  return steps;
}

/** Commands with another folder in place of `.postern/`; the addresses below `/.postern/` stay. */
export function inFolder(commands: string, folder: string): string {
  return commands.replace(/(?<![\\/])\.postern\//g, () => `${folder}/`);
}

function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter((found) => found[1] === language)
    .map((found) => (found[2] ?? "").trimEnd());
}

/** Whether what was printed is what the tour says. */
export function printedAsTold(printed: string, told: string): boolean {
  if (told === "") return printed.trim() === "";
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = told
    .trimEnd()
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*" : `${line.split("…").map(escaped).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${printed.trimEnd()}\n`);
}
