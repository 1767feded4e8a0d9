import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";

const positionSchema = z.object({ line: z.int().min(0), bytes: z.int().min(0) });
const stateSchema = z.object({
  version: z.literal(1),
  file: z.string(),
  /** Of the file's first lines: another file under the same name is not gone on with. */
  head: z.string(),
  position: positionSchema,
  accepted: z.int().min(0),
  refused: z.int().min(0),
  shiftMs: z.int(),
  isFinished: z.boolean(),
});

/** How far a file has been sent. */
export type SendState = z.infer<typeof stateSchema>;

/** The state's file for one way of sending: the same command finds it again, whatever its rate. */
export function stateFileOf(folder: string, identity: readonly unknown[]): string {
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  return join(folder, "send", `${hash}.json`);
}

/** Reads a state. @throws {Error} with the remedy when it is there and cannot be read. */
export function readState(file: string): SendState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = stateSchema.safeParse(parseOrUndefined(text));
  if (parsed.success) return parsed.data;
  throw new Error(`Expected the state of an earlier run in ${file}, got something else: begin anew with --restart`);
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes states one after another, each whole or not at all; of those that come while one is written only the newest. */
export class StateWriter {
  readonly #file: string;
  #next: SendState | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Resolves when this state or a newer one is on disk. */
  save(state: SendState): Promise<void> {
    this.#next = state;
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#next === undefined) return;
    const text = `${JSON.stringify(this.#next, null, 2)}\n`;
    this.#next = undefined;
    const temporary = `${this.#file}.${process.pid}.tmp`;
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(text);
      await handle.sync(); // or a power cut could leave the new name with nothing behind it
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#file);
  }
}
