import type { Server } from "node:http";
import { Server as NetServer } from "node:net";

/** How long an open connection may stay quiet, once the server stops, before it counts as idle and is closed. */
const QUIET_MS = 500;

/** Counts the requests of a server and lets it stop without failing any. */
export class Drain {
  readonly #server: Server;
  #inFlight = 0;
  #lastActivity = 0;
  isDraining = false;

  constructor(server: Server) {
    this.#server = server;
  }

  started(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
    if (this.isDraining) this.#lastActivity = performance.now();
  }

  /**
   * Stops listening, then waits until every request has its answer and the connections are gone or quiet.
   * http.Server.close() would cut idle keep-alive connections at once, and with them the request that a client has just
   * put on one: net.Server's only stops listening. Answers say `Connection: close` meanwhile (see serve.ts).
   * @returns whether everything was answered within `graceMs`.
   */
  async drain(graceMs: number): Promise<boolean> {
    this.isDraining = true;
    this.#lastActivity = performance.now();
    const deadline = this.#lastActivity + graceMs;
    let hasClosed = false;
    NetServer.prototype.close.call(this.#server, () => {
      hasClosed = true;
    });
    while (!hasClosed && performance.now() < deadline) {
      if (this.#inFlight === 0 && performance.now() - this.#lastActivity > QUIET_MS)
        this.#server.closeIdleConnections();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const isComplete = this.#inFlight === 0;
    this.#server.closeAllConnections();
    return isComplete;
  }
}
