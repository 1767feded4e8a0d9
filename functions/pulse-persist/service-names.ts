import { Readable } from "node:stream";
import type { Route } from "../../http/route.ts";
import type { PulseReader } from "../../storage/ports.ts";
import { namesOfOthers } from "../own-service.ts";
import { whileStoreAnswers } from "../store-answers.ts";

const HEADERS = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/** `GET /service-names`: the name of every service, one a line, in any order, as fast as the client reads. */
export function serviceNamesRoute(reader: Pick<PulseReader, "names">): Route {
  return {
    method: "GET",
    path: "/service-names",
    trace: "continues",
    handle: whileStoreAnswers(async () => {
      const chunks = namesOfOthers(reader);
      // Before the answer begins, so that it can still be a 503.
      const first = await chunks.next();
      const body = Readable.from(linesOf(first, chunks), { objectMode: false, highWaterMark: 64 * 1024 });
      return { status: 200, headers: HEADERS, body };
    }),
  };
}

async function* linesOf(
  first: IteratorResult<readonly string[]>,
  chunks: AsyncIterator<readonly string[]>,
): AsyncGenerator<Buffer> {
  for (let chunk = first; !chunk.done; chunk = await chunks.next()) {
    yield Buffer.from(chunk.value.map((name) => `${name}\n`).join(""));
  }
}
