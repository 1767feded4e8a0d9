import type { Output } from "../output.ts";

export interface MemoryOutput extends Output {
  lines: string[];
  errors: string[];
}

/** Keeps what is written to it. */
export function openMemoryOutput(): MemoryOutput {
  const lines: string[] = [];
  const errors: string[] = [];
  return { lines, errors, writeLine: (line) => lines.push(line), writeError: (line) => errors.push(line) };
}
