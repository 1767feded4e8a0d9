// Log lines: readable in a terminal, unchanged for anything else.
import pretty from "pino-pretty";
import { forTerminal } from "../settings/terminal-text.ts";

export interface Output {
  /** A line of a program's standard output, most often JSON. */
  writeLine(line: string): void;
  /** A line of a program's standard error, for a person. */
  writeError(line: string): void;
}

type Streams = Readonly<Record<"out" | "error", NodeJS.WritableStream & { isTTY?: boolean }>>;

/** Writes coloured words to a terminal, without what else it would obey, and unchanged lines to anything else. */
export function createOutput({ out, error }: Streams): Output {
  const writeError = (line: string) => void error.write(`${error.isTTY === true ? forTerminal(line, "\t") : line}\n`);
  if (out.isTTY !== true) return { writeLine: (line) => void out.write(`${line}\n`), writeError };
  const format = pretty.prettyFactory({
    colorize: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname,function",
    messageFormat: "{function} {msg}",
  });
  function show(line: string): string {
    const entry = entryOf(line);
    // The formatter never sees other lines: it would undo what is escaped in them.
    if (entry === undefined) return `${forTerminal(line, "\t")}\n`;
    // The second time for names of fields: only the formatter's colours and line breaks are left.
    return forTerminal(ensureNewline(format(entry)), "\n\t\u001b");
  }
  return { writeLine: (line) => void out.write(show(line)), writeError };
}

// The formatter writes texts as they are, so each is escaped before.
function entryOf(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line, (name, value) =>
      typeof value === "string" ? forTerminal(value, name === "stack" ? "\n" : "") : value,
    );
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // no JSON
  }
}

function ensureNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
