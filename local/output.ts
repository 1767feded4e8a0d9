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
  // The formatter never sees lines that are no entries: it would undo what is escaped in them.
  function show(line: string): string {
    return formatted(line) ?? `${forTerminal(line, "\t")}\n`;
  }

  function formatted(line: string): string | undefined {
    try {
      const entry = entryOf(line);
      // Only the formatter's colours and line breaks are left.
      return entry && forTerminal(ensureNewline(format(entry)), "\n\t\u001b");
    } catch {
      return undefined; // no JSON, or JSON nested too deep to be walked
    }
  }
  return { writeLine: (line) => void out.write(show(line)), writeError };
}

// The formatter writes texts and fields' names as they are, so each is escaped before. @throws for what is no JSON
function entryOf(line: string): object | undefined {
  const value: unknown = JSON.parse(line, (name, value) => {
    if (typeof value === "string") return forTerminal(value, name === "stack" ? "\n" : "");
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [forTerminal(field), one]));
  });
  return typeof value === "object" && value !== null ? value : undefined;
}

function ensureNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
