/** A table as text: for a terminal, columns as wide as they need to be, or in markdown. Rows are as long as the headings. */
export function textTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  isMarkdown: boolean,
): string {
  return (isMarkdown ? markdownTable(headings, rows) : plainTable(headings, rows)).join("\n");
}

function plainTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(headings), line(headings.map(() => "---")), ...rows.map(line)];
}
