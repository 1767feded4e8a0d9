// A gateway between a sender and PulseMesh that can lose an answer, as a network does.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Gateway {
  url: string;
  /** What came, in its order. */
  bodies: readonly string[];
  /** What PulseMesh answered. */
  statuses: readonly number[];
  /** The next request is handed on, and its sender sees a connection that ends. */
  loseNextAnswer(): void;
  close(): Promise<void>;
}

/** Hands each request on to that URL, its body changed where a change is given. */
export async function openGateway(
  target: string,
  change: (body: string) => Promise<string> = async (body) => body,
): Promise<Gateway> {
  const bodies: string[] = [];
  const statuses: number[] = [];
  let losing = false;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    bodies.push(body);
    const headers = { "content-type": request.headers["content-type"] ?? "" };
    const path = request.url === "/" ? "" : request.url;
    const answer = await fetch(`${target}${path}`, { method: "POST", headers, body: await change(body) });
    const answered = await answer.text();
    statuses.push(answer.status);
    if (!losing) return response.writeHead(answer.status).end(answered);
    losing = false;
    return response.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    statuses,
    loseNextAnswer() {
      losing = true;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
