// Where log lines go: readable in a terminal, untouched when something else reads them.
import pretty from "pino-pretty";

export interface Output {
  /** A line of JSON, or of a program that does not know better. */
  writeLine(line: string): void;
  /** A line for a person, as a failing program writes it. */
  writeError(line: string): void;
}

export interface OutputStreams {
  out: NodeJS.WritableStream & { isTTY?: boolean };
  error: NodeJS.WritableStream;
}

/** Writes to a terminal in colour and in words, to anything else as it comes. */
export function createOutput({ out, error }: OutputStreams): Output {
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
