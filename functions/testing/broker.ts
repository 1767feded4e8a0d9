import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

/** What a {@link Broker} does with an event: answers a status, never answers, or cuts the connection. */
export type BrokerAnswer = number | "hang" | "reset";

/** A broker for tests: a real HTTP server that keeps each event and answers as the test says. */
export interface Broker {
  url: string;
  port: number;
  /** Every event that arrived, also those that it refused. */
  received: ReceivedEvent[];
  /** Decides on each event; 202 unless a test says otherwise. */
  answer: (event: ReceivedEvent) => BrokerAnswer | Promise<BrokerAnswer>;
  /** Answers the events that hang. */
  release(status: number): void;
  close(): Promise<void>;
}

export interface ReceivedEvent {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Opens a broker on 127.0.0.1, on a free port or the given one. */
export async function openBroker(port = 0): Promise<Broker> {
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const event = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      broker.received.push(event);
      const answer = await broker.answer(event);
      if (answer === "hang") hanging.add(response);
      else if (answer === "reset") request.socket.resetAndDestroy();
      else response.writeHead(answer).end();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as { port: number }).port;
  const broker: Broker = {
    url: `http://127.0.0.1:${bound}/default/pulsemesh`,
    port: bound,
    received: [],
    answer: () => 202,
    release(status) {
      for (const response of hanging) response.writeHead(status).end();
      hanging.clear();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return broker;
}

/** The pulses of the events that a broker received. A pulse alone in its event has the id and source of the event. */
export function pulsesIn(events: readonly ReceivedEvent[]): Record<string, unknown>[] {
  return events.flatMap(({ headers, body }) => {
    const data = JSON.parse(body);
    if (Array.isArray(data.pulses)) return data.pulses;
    const { "ce-id": id, "ce-source": source, traceparent, "ce-traceparent": trace = traceparent } = headers;
    return [{ ...data, id, source, ...(trace !== undefined && { traceparent: trace }) }];
  });
}
