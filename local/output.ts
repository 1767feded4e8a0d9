// Log lines: readable in a terminal, unchanged for anything else.
import pretty from "pino-pretty";

export interface Output {
  /** A line of a program's standard output, most often JSON. */
  writeLine(line: string): void;
  /** A line of a program's standard error, for a person. */
  writeError(line: string): void;
}

type Streams = Readonly<Record<"out" | "error", NodeJS.WritableStream & { isTTY?: boolean }>>;

/** Writes coloured words to a terminal, and unchanged lines to anything else. */
export function createOutput({ out, error }: Streams): Output {
  const writeError = (line: string) => void error.write(`${line}\n`);
  if (out.isTTY !== true) return { writeLine: (line) => void out.write(`${line}\n`), writeError };
  const format = pretty.prettyFactory({
    colorize: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname,function",
    messageFormat: "{function} {msg}",
  });
  return { writeLine: (line) => void out.write(ensureNewline(format(line))), writeError };
}

function ensureNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
