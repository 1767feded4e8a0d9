import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

/** What a {@link LoopbackBroker} does with an event: a status to answer, never an answer, or a cut connection. */
export type BrokerAnswer = number | "hang" | "reset";

/** A broker for tests: a real HTTP server that keeps what it takes and answers as it is told. */
export interface LoopbackBroker {
  url: string;
  port: number;
  /** Every event it was sent, whatever it answered. */
  received: ReceivedEvent[];
  /** Decides on each event; 202 unless a test says otherwise. */
  answer: (event: ReceivedEvent) => BrokerAnswer;
  /** Answers what hangs. */
  release(status: number): void;
  close(): Promise<void>;
}

export interface ReceivedEvent {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Opens a broker on 127.0.0.1, on a free port or the given one. */
export async function openLoopbackBroker(port = 0): Promise<LoopbackBroker> {
  const hanging = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const event = { headers: request.headers, body: Buffer.concat(chunks).toString() };
      broker.received.push(event);
      const answer = broker.answer(event);
      if (answer === "hang") hanging.add(response);
      else if (answer === "reset") request.socket.resetAndDestroy();
      else response.writeHead(answer).end();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const bound = (server.address() as { port: number }).port;
  const broker: LoopbackBroker = {
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

/** The pulses of the events that a broker was sent, each with what it inherits from a single event of its own. */
export function pulsesIn(events: readonly ReceivedEvent[]): Record<string, unknown>[] {
  return events.flatMap(({ headers, body }) => {
    const data = JSON.parse(body);
    if (Array.isArray(data.pulses)) return data.pulses;
    const { "ce-id": id, "ce-source": source, traceparent, "ce-traceparent": trace = traceparent } = headers;
    return [{ ...data, id, source, ...(trace !== undefined && { traceparent: trace }) }];
  });
}
