// One client of PulseMesh over raw HTTP: it has a separate address, and says how long each answer took.
import { Agent, type ClientRequest, request } from "node:http";

/** What a client asks. */
export interface Asked {
  method?: "GET" | "POST";
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Answered {
  /** 0 where the connection broke. */
  status: number;
  ms: number;
  body: string;
}

export class LoadClient {
  readonly #from: string;
  readonly #agent: Agent;
  readonly #seen: (status: number) => void;

  /** @param from one of this machine's loopback addresses; @param seen gets the status of each answer, read or not */
  constructor(from: string, connections = 4, seen: (status: number) => void = () => undefined) {
    this.#from = from;
    this.#seen = seen;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Asks and reads the whole answer. */
  ask(url: string, asked: Asked): Promise<Answered> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const end = (status: number, body = "") => resolve({ status, ms: performance.now() - startedAt, body });
      const call = this.#open(url, asked, this.#agent);
      call.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => end(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
        response.on("error", () => end(0));
      });
      call.on("error", () => end(0));
      call.end(asked.body);
    });
  }

  /** Asks, and never reads the answer. Resolves when the server has had enough of it, or when the signal aborts. */
  leaveUnread(url: string, asked: Asked, signal: AbortSignal): Promise<void> {
    const call = this.#open(url, asked);
    call.on("response", (response) => response.on("error", () => undefined)); // paused until somebody reads
    call.end(asked.body);
    return closed(call, signal);
  }

  /** Says that a body of so many bytes comes, sends half of it and then nothing more. Resolves like `leaveUnread`. */
  stall(url: string, path: string, bytes: number, signal: AbortSignal): Promise<void> {
    const headers = { "content-type": "application/json", "content-length": String(bytes) };
    const call = this.#open(url, { method: "POST", path, headers });
    call.on("response", (response) => response.resume().on("error", () => undefined));
    call.write(" ".repeat(bytes / 2));
    return closed(call, signal);
  }

  close(): void {
    this.#agent.destroy();
  }

  #open(url: string, { method = "GET", path, headers = {} }: Asked, agent: Agent | false = false): ClientRequest {
    const { hostname, port } = new URL(url);
    const call = request({ hostname, port, method, path, headers, agent, localAddress: this.#from });
    return call.prependListener("response", ({ statusCode = 0 }) => this.#seen(statusCode));
  }
}

function closed(call: ClientRequest, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => call.destroy();
    signal.addEventListener("abort", end, { once: true });
    call.on("error", () => undefined);
    call.on("close", () => {
      signal.removeEventListener("abort", end);
      resolve();
    });
  });
}
