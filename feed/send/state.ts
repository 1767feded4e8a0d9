import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { makeOwnFolder, PRIVATE_FILE } from "../../settings/private-files.ts";
import { jsonOrUndefined } from "../json.ts";

const positionSchema = z.object({ line: z.int().min(0), bytes: z.int().min(0), crc: z.int().min(0) });
const stateSchema = z.object({
  version: z.literal(3),
  file: z.string(),
  url: z.string(),
  position: positionSchema,
  /** The line that ends there: where it begins, and a hash of what it read. Absent at the beginning. */
  last: positionSchema.extend({ hash: z.string() }).optional(),
  accepted: z.int().min(0),
  refused: z.int().min(0),
  /** Absent: not decided yet, because no line named a time. */
  shiftMs: z.int().optional(),
  /** The size of the file on disk when the run began. */
  size: z.int().min(0),
  /** Whether the run sent everything that the file held then. */
  isFinished: z.boolean(),
});

/** How far a file has been sent. */
export type SendState = z.infer<typeof stateSchema>;

/** The state's file for one way of sending: the same command finds it again, at any rate. */
export function stateFileOf(folder: string, identity: readonly unknown[]): string {
  const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
  return join(folder, "send", `${hash}.json`);
}

/**
 * Reads a state; `undefined` when there is none. @throws {Error} with the remedy when it is there and cannot be read, unless it
 * may be forgotten
 */
export function readState(file: string, mayForget = false): SendState | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = stateSchema.safeParse(jsonOrUndefined(text));
  if (parsed.success) return parsed.data;
  if (mayForget) return undefined;
  throw new Error(`Expected the state of an earlier run in ${file}, got something else: use --restart to begin again`);
}

/** How many pulses of the same file other ways of sending it to the same place have had accepted. */
export function acceptedOtherwise(stateFile: string, { file, url }: Pick<SendState, "file" | "url">): number {
  const folder = dirname(stateFile);
  if (!existsSync(folder)) return 0;
  const others = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== basename(stateFile));
  const states = others.map((name) => readState(join(folder, name), true));
  return states.reduce((sum, state) => sum + (state?.file === file && state.url === url ? state.accepted : 0), 0);
}

/** Writes states one after another, each whole or not at all. */
export class StateWriter {
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(file: string) {
    this.#file = file;
    makeOwnFolder(dirname(file));
  }

  /** Resolves when this state is on disk. */
  save(state: SendState): Promise<void> {
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write(state));
    return this.#writing;
  }

  async #write(state: SendState): Promise<void> {
    const temporary = `${this.#file}.${process.pid}.tmp`;
    // Synced before the rename: otherwise a power cut could leave the new name with an empty file.
    await writeFile(temporary, `${JSON.stringify(state, null, 2)}\n`, { flush: true, mode: PRIVATE_FILE });
    await rename(temporary, this.#file);
  }
}
