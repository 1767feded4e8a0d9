// What never becomes a request: garbage, headers that are too large or come too slowly. node alone would write a bare
// status line.
import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { problem } from "./problem.ts";
import type { HttpReply } from "./route.ts";

/** How long a refused client may go on sending before its connection is cut. If cut at once, it would not see the answer. */
export const LINGER_MS = 2000;

export interface ClientErrorOptions {
  timeoutMs: number;
  /** Ends a connection with the answer to its newest request, or with this one where that request is not whole. */
  endAfterNewest: (socket: Socket, reply: HttpReply) => void;
  onRefused: (reply: HttpReply) => void;
}

/** Makes a server answer unreadable requests with a problem document, and slow headers within 1.5 × `timeoutMs`. */
export function answerClientErrors(server: Server, options: ClientErrorOptions): void {
  const { timeoutMs, endAfterNewest, onRefused } = options;
  server.headersTimeout = timeoutMs;
  checkConnectionsEvery(server, Math.min(500, timeoutMs / 2));
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse }) => {
    const current = socket._httpMessage;
    const reply = replyTo(error.code, timeoutMs);
    // Answers that are still due belong to the requests before: the client would take anything written now for one of them.
    if (current?.req.complete) {
      endAfterNewest(socket, reply);
      return;
    }
    const isSilent = socket.bytesRead === 0; // opened in advance and never used: nobody waits for an answer
    if (!socket.writable || isSilent || error.code === "ECONNRESET" || current?.headersSent) {
      if (!socket.writableEnded) socket.destroy();
      return;
    }
    onRefused(reply);
    socket.end(rawAnswer(reply));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  });
}

// node looks every 30 s for late headers and takes another interval only from who makes the server. Its timer starts on
// `listening`: a server that listens already hears that event a second time, with the interval set.
function checkConnectionsEvery(server: Server, intervalMs: number): void {
  Object.assign(server, { connectionsCheckingInterval: intervalMs });
  if (server.listening) server.emit("listening");
}

function replyTo(code: string | undefined, timeoutMs: number): HttpReply {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return problem(408, "Request timeout", `Expected the request's headers within ${timeoutMs} ms.`);
    case "HPE_HEADER_OVERFLOW":
      return problem(431, "Request header fields too large", "Expected URL and headers of at most 16 KiB together.");
    default:
      return problem(400, "Bad request", `Expected an HTTP/1.1 request, got what cannot be read as one (${code}).`);
  }
}

function rawAnswer({ status, headers, body }: HttpReply): string {
  const text = String(body);
  const lines = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(text)), connection: "close" });
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${text}`;
}
