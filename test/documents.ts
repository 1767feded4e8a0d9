// The project's documents, for the tests that hold them to the truth.
import { globSync, readFileSync } from "node:fs";

/** Every document, by its path from the root. */
export const DOCUMENTS: readonly string[] = globSync(["*.md", "docs/*.md", "bench/*.md", "dashboards/*.md"]).sort();

/** The text of a document. */
export function readDocument(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
}

/** The code blocks of a text in one language, in order. */
export function codeBlocksOf(text: string, language: string): string[] {
  const blocks = [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)];
  return blocks.filter((block) => block[1] === language).map((block) => block[2] as string);
}

/** A command of a document, with the comment lines that show its answer. */
export interface Command {
  text: string;
  answer: string;
}

/** The commands of a block for the shell, each on one line. */
export function commandsOf(block: string): Command[] {
  const commands: Command[] = [];
  for (const line of block.replaceAll("\\\n", " ").split("\n")) {
    const last = commands.at(-1);
    if (line.startsWith("#")) {
      if (last !== undefined) last.answer += line.slice(1);
    } else if (line.trim() !== "") {
      commands.push({ text: line.replace(/\s+#\s.*$/, ""), answer: "" });
    }
  }
  return commands;
}
