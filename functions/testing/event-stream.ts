import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";

/** A server-sent event as a client takes it. */
export interface ReceivedStreamEvent {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer
  data: any;
  id?: string;
}

/** A client of a live stream. */
export interface EventStream {
  headers: IncomingHttpHeaders;
  text: string;
  /** The events until now. @throws where a block is no event with data in JSON: some clients hand such a block out. */
  readonly events: ReceivedStreamEvent[];
  /** The id to go on after: that of the last event that had one. */
  readonly lastId: string | undefined;
  close(): void;
}

/** Listens to a live stream. A client that connects again says which event it saw last. */
export async function listenTo(url: string, lastId?: string): Promise<EventStream> {
  const listener = request(url, { headers: { ...(lastId !== undefined && { "last-event-id": lastId }) } }).end();
  listener.on("error", () => undefined);
  const [response] = (await once(listener, "response")) as [IncomingMessage];
  const stream = {
    headers: response.headers,
    text: "",
    get events() {
      return this.text.split("\n\n").slice(0, -1).map(parseBlock);
    },
    get lastId() {
      return this.events.findLast(({ id }) => id !== undefined)?.id;
    },
    close: () => listener.destroy(),
  };
  response.on("data", (chunk: Buffer) => {
    stream.text += chunk;
  });
  response.on("error", () => undefined);
  return stream;
}

function parseBlock(block: string): ReceivedStreamEvent {
  const fields: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`Expected a field in each line, got ${JSON.stringify(line)}`);
    fields[name] = value as string;
  }
  const { event, data, id } = fields;
  if (event === undefined || data === undefined)
    throw new Error(`Expected an event with data, got ${JSON.stringify(block)}`);
  return { event, data: JSON.parse(data), ...(id !== undefined && { id }) };
}
