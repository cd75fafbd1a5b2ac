import type { Context } from "../context.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Cell, fields, table } from "./table.ts";

export type Format = "table" | "json";

export interface Column<Item> {
  readonly heading: string;
  readonly cell: (item: Item) => Cell;
}

/** What a command prints. Answers go to standard output, all else to standard error. */
export interface Output {
  readonly format: Format;
  /** For standard output. */
  readonly paint: Paint;
  readonly list: <Item>(items: readonly Item[], columns: readonly Column<Item>[], empty: string) => void;
  readonly record: (value: unknown, pairs: readonly (readonly [string, Cell])[]) => void;
  /** A value of one's own making for `table`, and the value itself for `json`. */
  readonly show: (value: unknown, text: () => string) => void;
  /** One line of a stream: compact JSON (`json`) or a line of text. */
  readonly line: (value: unknown, text: () => string) => void;
  /** Verbatim, whatever the format. */
  readonly raw: (text: string) => void;
  /** A word to whoever is at the terminal. */
  readonly note: (text: string) => void;
}

export function createOutput(context: Context, format: Format, quiet: boolean): Output {
  const { stdout, stderr, env } = context;
  const paint = paintFor(stdout.isTerminal, env);
  const show = (value: unknown, text: () => string): void => {
    stdout.write(format === "json" ? `${JSON.stringify(value, null, 2)}\n` : text());
  };
  return {
    format,
    paint,
    show,
    line: (value, text) => stdout.write(`${format === "json" ? JSON.stringify(value) : text()}\n`),
    raw: (text) => stdout.write(text),
    note: (text) => {
      if (!quiet) stderr.write(`${text}\n`);
    },
    record: (value, pairs) => show(value, () => fields(pairs, paint)),
    list: (items, columns, empty) => {
      if (items.length === 0 && format === "table") {
        if (!quiet) stderr.write(`${empty}\n`);
        return;
      }
      const headings = columns.map(({ heading }) => heading);
      show(items, () =>
        table(
          headings,
          items.map((item) => columns.map(({ cell }) => cell(item))),
          paint,
        ),
      );
    },
  };
}
