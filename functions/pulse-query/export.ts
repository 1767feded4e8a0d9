import { Readable } from "node:stream";
import { Places } from "../../http/places.ts";
import { tryLater } from "../../http/problem.ts";
import type { HttpReply } from "../../http/route.ts";
import type { PulseReader, Span, StoredPulse } from "../../storage/ports.ts";
import { viewPulse } from "./view.ts";

export const NDJSON = "application/x-ndjson";
/** Exports at one time. Each holds one chunk of pulses, and reads the next when the client has taken it. */
const MAX_EXPORTS = 8;

/** Whether a client asks for lines of JSON instead of a page. */
export function wantsLines(accept: string | undefined): boolean {
  return (accept ?? "").split(",").some((one) => one.split(";")[0]?.trim().toLowerCase() === NDJSON);
}

/** Streams whole spans as lines of JSON, newest pulse first, as fast as the client reads. */
export class Exports {
  readonly #reader: Pick<PulseReader, "scan">;
  readonly #places = new Places(MAX_EXPORTS);

  constructor(reader: Pick<PulseReader, "scan">) {
    this.#reader = reader;
  }

  /** Reads the first chunk before it answers. @throws when the store is away, so that the answer can still be a 503. */
  async open(client: string, service: string, span: Span): Promise<HttpReply> {
    let lines: Readable | undefined;
    let isShed = false;
    const end = this.#places.take(client, () => {
      isShed = true;
      lines?.destroy();
    });
    if (end === undefined) return noPlace();
    try {
      const chunks = this.#reader.scan(service, span)[Symbol.asyncIterator]();
      const first = await chunks.next();
      if (isShed) {
        await chunks.return?.();
        return noPlace();
      }
      lines = Readable.from(linesOf(first, chunks), { objectMode: false, highWaterMark: 64 * 1024 });
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

// Tools such as DuckDB infer columns from the first lines, and drop or refuse one that comes later.
function lineOf(pulse: StoredPulse) {
  return { ...viewPulse(pulse), metadata: pulse.metadata ?? {} };
}

async function* linesOf(
  first: IteratorResult<readonly StoredPulse[]>,
  chunks: AsyncIterator<readonly StoredPulse[]>,
): AsyncGenerator<Buffer> {
  try {
    for (let chunk = first; !chunk.done; chunk = await chunks.next()) {
      yield Buffer.from(chunk.value.map((pulse) => `${JSON.stringify(lineOf(pulse))}\n`).join(""));
    }
  } finally {
    await chunks.return?.();
  }
}
