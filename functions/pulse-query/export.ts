import { Readable } from "node:stream";
import { Places } from "../../http/places.ts";
import { tryLater } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";
import type { Turns } from "../../http/turns.ts";

export const NDJSON = "application/x-ndjson";
/** The names of lines of JSON, none of which is registered: pulse-ingest takes them, too. */
const LINES_TYPES: ReadonlySet<string> = new Set([NDJSON, "application/ndjson", "application/jsonl"]);

/** The media type that an element of Accept asks for; lines of JSON by their usual name. */
export function wishedType(element: string): string | undefined {
  const type = element.split(";")[0]?.trim().toLowerCase();
  return type !== undefined && LINES_TYPES.has(type) ? NDJSON : type;
}
/** Exports at one time. Each holds one chunk, and reads the next when the client has taken it. */
const MAX_EXPORTS = 8;

/** Whether a client asks for lines of JSON instead of a page. */
export function wantsLines(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((one) => wishedType(one) === NDJSON);
}

/** Streams long lists as lines of JSON, as fast as the client reads. */
export class Exports {
  readonly #places = new Places(MAX_EXPORTS);
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * Reads the first chunk of a list before it answers. `viewOf` gives what a line says, or `undefined` for no line. Once `mayGoOn` says
   * no, the connection is cut: an end would look like that of the list.
   * @throws when the store is away, so that the answer can still be a 503.
   */
  async open<T>(
    client: string,
    list: AsyncIterable<readonly T[]>,
    viewOf: (one: T) => Line | undefined,
    mayGoOn: () => boolean,
  ): Promise<HttpReply> {
    let lines: Readable | undefined;
    let isShed = false;
    const end = this.#places.take(client, () => {
      isShed = true;
      lines?.destroy();
    });
    if (end === undefined) return noPlace();
    try {
      const chunks = list[Symbol.asyncIterator]();
      const first = await chunks.next();
      if (isShed) {
        await chunks.return?.();
        return noPlace();
      }
      const nextTurn = async () => {
        await this.#turns.next(client);
        if (!mayGoOn()) throw new Error("The reader's token was revoked.");
      };
      lines = Readable.from(linesOf(first, chunks, viewOf, nextTurn), { objectMode: false, highWaterMark: 64 * 1024 });
      lines.on("close", end);
      const headers = { "content-type": NDJSON, "cache-control": "no-store", vary: "accept" };
      return { status: 200, headers, body: lines };
    } catch (error) {
      end();
      throw error;
    }
  }
}

function noPlace(): HttpReply {
  return tryLater(503, "No more exports can be served at this moment.", 2000);
}

/** What a line says. */
interface Line {
  metadata?: Record<string, string> | undefined;
}

async function* linesOf<T>(
  first: IteratorResult<readonly T[]>,
  chunks: AsyncIterator<readonly T[]>,
  viewOf: (one: T) => Line | undefined,
  nextTurn: () => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    for (let chunk = first; !chunk.done; chunk = await chunks.next()) {
      let text = "";
      for (const one of chunk.value) {
        const view = viewOf(one);
        // Tools such as DuckDB infer columns from the first lines, and drop or refuse one that comes later.
        if (view !== undefined) text += `${JSON.stringify({ ...view, metadata: view.metadata ?? {} })}\n`;
      }
      if (text !== "") yield Buffer.from(text);
      await nextTurn();
    }
  } finally {
    await chunks.return?.();
  }
}
