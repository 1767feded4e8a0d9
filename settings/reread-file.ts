import { readFileSync } from "node:fs";
import { reasonOf } from "./file-reason.ts";
import { SettingsError } from "./read.ts";

const LOOK_EVERY_MS = 2000;
/** A fault that lasts is told at once, and then at every so many looks: once a minute. */
const LOOKS_A_REMINDER = 30;

/** A file whose content is a setting, and the variable that names it. */
export interface NamedFile {
  file: string;
  variable: string;
}

export interface RereadOptions<T> extends NamedFile {
  /** @throws {Error} for a text that cannot be taken */
  parse(text: string): T;
  /** Called after each change that was taken, not at the start. */
  onRead(value: T): void;
  /** Called again and again while the file is away or its text cannot be taken: the former value stays. */
  onFailure(error: unknown): void;
  lookEveryMs?: number | undefined;
}

/** What a file holds now. */
export interface Reread<T> {
  readonly value: T;
  /** Whether the value is what the file holds: not while it is away, or its text cannot be taken. */
  readonly isCurrent: boolean;
  close(): void;
}

/**
 * Reads a file, and again when it changes, as in the rotation of a Kubernetes Secret or ConfigMap.
 * @throws {SettingsError} when, at the start, it cannot be read; what `parse` throws for its text then
 */
export function rereadFile<T>(options: RereadOptions<T>): Reread<T> {
  const { file, parse, onRead, onFailure, lookEveryMs = LOOK_EVERY_MS } = options;
  let taken: string | undefined = readAtStart(options);
  let value = parse(taken);
  let refused: string | undefined;
  let failures = 0;
  // Compares the content: fs.watchFile begins with a stat, and misses a change before that.
  const timer = setInterval(() => {
    let text: string | undefined;
    try {
      text = readFileSync(file, "utf8");
      if (text === taken) return;
      value = parse(text);
      taken = text;
      failures = 0;
      onRead(value);
    } catch (error) {
      // Once it can be read again, that is worth telling even where nothing has changed.
      taken = undefined;
      if (text !== refused) failures = 0;
      refused = text;
      if (failures++ % LOOKS_A_REMINDER === 0) onFailure(error);
    }
  }, lookEveryMs).unref();
  return {
    get value() {
      return value;
    },
    get isCurrent() {
      return taken !== undefined;
    },
    close: () => clearInterval(timer),
  };
}

function readAtStart({ file, variable }: NamedFile): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const message = `${variable}: Expected a file that can be read, got ${file}: ${reasonOf(error)}`;
    throw new SettingsError(message, { cause: error });
  }
}
