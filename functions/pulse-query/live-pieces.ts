import type { LiveEventName } from "./live-protocol.ts";

/** One server-sent event. */
export interface LiveEvent {
  event: LiveEventName;
  data: object;
  /** A listener that connects again with it gets what came after it. */
  id?: string;
}

/** What is encoded at once. A stream has a piece or two on their way, besides what waits for its listener. */
const PIECE_CHARACTERS = 16 * 1024;

/** Events as bytes that all streams share. */
export function* piecesOf(events: Iterable<LiveEvent>): Generator<Buffer> {
  let text = "";
  for (const event of events) {
    text += encode(event);
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

/** One server-sent event: https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON text holds no newline. */
function encode({ event, data, id }: LiveEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n${id === undefined ? "" : `id: ${id}\n`}\n`;
}
