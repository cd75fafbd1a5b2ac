/** A table of Markdown; `wide`: its columns padded, for reading as it is. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { wide }: { readonly wide: boolean },
): readonly string[] {
  const widths = head.map((cell, column) =>
    wide ? Math.max(3, cell.length, ...rows.map((row) => (row[column] ?? "").length)) : 3,
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (wide ? cell.padEnd(widths[column] ?? 0) : cell)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(wide ? width + 2 : 3)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)];
}
