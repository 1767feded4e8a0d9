// docs/api.md lists the words of statuses that PulseMesh knows.
import { describe, expect, it } from "vitest";
import { HEALTHS, healthOf, STATUS_WORDS } from "../events/health.ts";
import { readDocument } from "./documents.ts";

/** The rows of the table of words: the cells of each, by the name of their column. */
function rowsOf(document: string): Record<string, string>[] {
  const [head = "", , ...rows] = (/^\| whose words .*?(?=\n\n)/ms.exec(document)?.[0] ?? "").split("\n");
  const cellsOf = (row: string) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  return rows.map((row) => Object.fromEntries(cellsOf(row).map((cell, i) => [cellsOf(head)[i], cell])));
}

const wordsIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word as string);

describe("the words of statuses", () => {
  const rows = rowsOf(readDocument("docs/api.md"));

  it("are in docs/api.md with those who use them, and no others", () => {
    const documented = rows
      .filter((row) => row["whose words"] !== "HTTP")
      .map(({ "whose words": users, ...cells }) => {
        const words = Object.entries(cells).map(([health, cell]) => [health, wordsIn(cell).join(" ")]);
        return { users, ...Object.fromEntries(words.filter(([, text]) => text !== "")) };
      });
    expect(documented).toEqual(STATUS_WORDS);
  });

  it("mean there what they mean to PulseMesh", () => {
    for (const row of rows) {
      for (const health of HEALTHS) {
        for (const word of wordsIn(row[health] ?? "")) expect([word, healthOf(word)]).toEqual([word, health]);
        for (const [, from, to] of (row[health] ?? "").matchAll(/(\d{3})–(\d{3})/g)) {
          expect([from, to].map((status) => healthOf(String(status)))).toEqual([health, health]);
        }
      }
    }
  });
});
