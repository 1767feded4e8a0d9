import type { IncomingMessage, ServerResponse } from "node:http";
import { LINGER_MS } from "./client-errors.ts";
import type { HttpReply } from "./route.ts";

/** Answers a request whose body is still coming. The connection ends with the body, or a while later: a client that goes on sending sees the answer. */
export function answerEarly(request: IncomingMessage, response: ServerResponse, reply: HttpReply): void {
  const { status, headers, body } = reply;
  response.shouldKeepAlive = false;
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body as string) });
  response.write(body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  request.on("end", end);
  request.on("close", end);
}
