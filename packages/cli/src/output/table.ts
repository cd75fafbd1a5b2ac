import type { Paint, Tone } from "./colour.ts";

export type Cell = string | { readonly text: string; readonly tone: Tone };

/** Rows under headings, padded by spaces. Nothing is cut: ids are copied from here. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  const widths = headings.map((heading, column) =>
    Math.max(width(heading), ...rows.map((row) => width(textOf(row[column] ?? "")))),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, column) => {
        const text = printable(textOf(cell));
        const last = column === cells.length - 1;
        const padding = last ? "" : " ".repeat(Math.max(0, (widths[column] ?? 0) - width(text)));
        return `${typeof cell === "string" ? text : paint(cell.tone, text)}${padding}`;
      })
      .join("  ")
      .trimEnd();
  const head = line(headings.map((heading) => ({ text: heading, tone: "closed" })));
  return `${[head, ...rows.map(line)].join("\n")}\n`;
}

/** Names and values, one pair a line. */
export function fields(pairs: readonly (readonly [string, Cell])[], paint: Paint): string {
  const widest = Math.max(0, ...pairs.map(([name]) => width(name)));
  return pairs
    .map(([name, cell]) => {
      const text = printable(textOf(cell));
      const value = typeof cell === "string" ? text : paint(cell.tone, text);
      return `${paint("closed", name.padEnd(widest))}  ${value}\n`;
    })
    .join("");
}

function textOf(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** Width in code points: close enough for the names and ids that are printed. */
function width(text: string): number {
  return [...text].length;
}

/** A name or a reason could hold escape sequences that repaint the terminal: they are shown, not obeyed. */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
