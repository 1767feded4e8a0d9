// A subscriber: a real HTTP server that remembers each request and answers as the test plans.
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  id: string;
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When it arrived, in monotonic ms. */
  at: number;
}

export interface PlannedAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** Answers a request, or returns nothing and writes the response itself. */
export type Plan = (request: Received, response: ServerResponse) => PlannedAnswer | undefined;

export interface TestSubscriber {
  url: URL;
  received: Received[];
  /** The events' ids in the order of arrival. */
  ids(): string[];
  answerWith(plan: Plan): void;
  close(): Promise<void>;
}

/** Starts a subscriber that answers 204 until `answerWith` changes the plan. */
export async function startSubscriber(plan: Plan = () => ({ status: 204 }), port = 0): Promise<TestSubscriber> {
  const received: Received[] = [];
  let current = plan;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { headers, method = "", url: path = "" } = request;
      const body = Buffer.concat(chunks).toString();
      const id = decodeURIComponent(String(headers["ce-id"]));
      const one = { id, method, path, headers, body, at: performance.now() };
      received.push(one);
      const answer = current(one, response);
      if (answer === undefined) return;
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    });
  });
  server.listen(port, "localhost");
  await once(server, "listening");
  return {
    url: new URL(`http://localhost:${(server.address() as AddressInfo).port}/in?x=1`),
    received,
    ids: () => received.map(({ id }) => id),
    answerWith(next) {
      current = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
