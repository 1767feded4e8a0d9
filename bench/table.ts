/** One figure of a bench. */
export interface Row {
  what: string;
  figure: string;
  /** The peer or the baseline that the figure is compared with. */
  beside?: string;
  goal?: string;
  isMet?: boolean;
}

/** Prints the figures as a Markdown table. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [
    row.what,
    row.figure,
    row.beside ?? "",
    row.goal ?? "",
    row.isMet === undefined ? "" : row.isMet ? "met" : "NOT MET",
  ]);
  const head = ["what", "measured", "beside", "goal", ""];
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => (line[i] as string).length)));
  const format = (line: string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] as number)).join(" | ")} |`;
  console.log(format(head));
  console.log(`|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`);
  for (const line of cells) console.log(format(line));
}

/** The median of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** The p-th percentile (0 … 100) of some figures, by nearest rank. */
export function percentile(figures: readonly number[], p: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] as number;
}
