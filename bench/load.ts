import { connect, type Socket } from "node:net";

/** A closed-loop HTTP/1.1 load: every connection has one request under way, whose bytes were made in advance. */
export interface Load {
  /** @default 127.0.0.1 */
  host?: string;
  port: number;
  connections: number;
  /** The bytes of the next request; called once for each request. */
  next: () => Buffer;
  /** The most requests a second over all connections. @default no bound */
  rate?: number;
}

export interface LoadResult {
  answers: number;
  /** Answers other than 2xx. */
  refusals: number;
  seconds: number;
}

const HEADERS_END = Buffer.from("\r\n\r\n");

/** Runs the load for a time. It parses answers only as far as it must to find where the next one begins. */
export async function runLoad(load: Load, durationMs: number): Promise<LoadResult> {
  const result: LoadResult = { answers: 0, refusals: 0, seconds: 0 };
  const startedAt = performance.now();
  const deadline = startedAt + durationMs;
  let sent = 0;

  async function runConnection(): Promise<void> {
    const socket = connect(load.port, load.host ?? "127.0.0.1");
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    const readAnswer = answersOf(socket);
    while (performance.now() < deadline) {
      if (load.rate !== undefined) {
        const due = startedAt + (sent * 1000) / load.rate;
        sent++;
        const waitMs = due - performance.now();
        if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
      socket.write(load.next());
      const status = await readAnswer();
      result.answers++;
      if (status < 200 || status > 299) result.refusals++;
    }
    socket.destroy();
  }

  await Promise.all(Array.from({ length: load.connections }, runConnection));
  result.seconds = (performance.now() - startedAt) / 1000;
  return result;
}

/** Reads one answer at a time from a socket and returns its status. */
function answersOf(socket: Socket): () => Promise<number> {
  let buffered: Buffer = Buffer.alloc(0);
  let wake: ((status: number) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  const take = (): number | undefined => {
    const end = buffered.indexOf(HEADERS_END);
    if (end === -1) return undefined;
    const head = buffered.toString("latin1", 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const total = end + 4 + length;
    if (buffered.length < total) return undefined;
    buffered = buffered.subarray(total);
    return Number(head.slice(9, 12));
  };
  socket.on("data", (chunk) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    if (wake === undefined) return;
    const status = take();
    if (status === undefined) return;
    const resolve = wake;
    wake = undefined;
    resolve(status);
  });
  const onGone = (error?: Error) => fail?.(error ?? new Error("the connection was closed"));
  socket.on("error", onGone);
  socket.on("close", () => onGone());
  return () =>
    new Promise((resolve, reject) => {
      fail = reject;
      const status = take();
      if (status === undefined) wake = resolve;
      else resolve(status);
    });
}

/** The bytes of a POST. */
export function post(path: string, headers: Record<string, string>, body: string | Buffer): Buffer {
  const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${lines.join("")}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}
