import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** An answer as read from the wire. */
export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  json(): Record<string, unknown>;
}

/** A connection on which a test writes every byte itself. */
export interface RawConnection {
  socket: Socket;
  send(text: string | Buffer): void;
  /** The next answer, 1xx too. Rejects when the connection ends before the answer is whole. */
  answer(): Promise<RawAnswer>;
  /** Resolves once the server has ended the connection, with the text that no answer() took. */
  ended(): Promise<string>;
}

/** Connects to a port of this machine, from one of its addresses: 127.0.0.2 is another client than 127.0.0.1. */
export async function openRawConnection(port: number, localAddress = "127.0.0.1"): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  await once(socket, "connect");
  // In pieces: joined at each new one, a large answer would be copied hundreds of times.
  let pieces: Buffer[] = [];
  let size = 0;
  const joined = () => {
    const all = Buffer.concat(pieces);
    pieces = [all];
    return all;
  };
  let hasEnded = false;
  let wake = () => {};
  socket.on("data", (chunk: Buffer) => {
    pieces.push(chunk);
    size += chunk.length;
    wake();
  });
  const end = () => {
    hasEnded = true;
    wake();
  };
  socket.on("error", end).on("end", end).on("close", end);
  const news = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return {
    socket,
    send: (text) => void socket.write(text),
    async answer() {
      let expectedSize = 0;
      for (;;) {
        if (size >= expectedSize) {
          const bytes = joined();
          const [answer, end] = parseAnswer(bytes);
          if (answer !== undefined) {
            pieces = [bytes.subarray(end)];
            size -= end;
            return answer;
          }
          expectedSize = end;
        }
        if (hasEnded) throw new Error(`Expected an answer, got the end after ${JSON.stringify(joined().toString())}`);
        await news();
      }
    },
    async ended() {
      while (!hasEnded) await news();
      return joined().toString();
    },
  };
}

/** The first answer and where it ends; while it is not whole, how many bytes it takes at least. */
function parseAnswer(bytes: Buffer): [RawAnswer | undefined, number] {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return [undefined, bytes.length + 1];
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const bodyStart = headEnd + 4;
  const bodyEnd = bodyStart + Number(headers["content-length"] ?? 0);
  if (bytes.length < bodyEnd) return [undefined, bodyEnd];
  const body = bytes.toString("utf8", bodyStart, bodyEnd);
  const answer = { status: Number(statusLine.split(" ")[1]), headers, body, json: () => JSON.parse(body) };
  return [answer, bodyEnd];
}

/** A request as text; `Host`, `Content-Length` and a `Content-Type` of JSON are added where they are not given. */
export function rawRequest(line: string, headers: Record<string, string> = {}, body?: string): string {
  const all: Record<string, string> = { host: "localhost", ...headers };
  if (body !== undefined && headers["transfer-encoding"] === undefined) {
    all["content-length"] ??= String(Buffer.byteLength(body));
  }
  if (body !== undefined) all["content-type"] ??= "application/json";
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}
